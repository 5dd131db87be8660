#pragma once
// The verbs for a server's bad days: backup, restore, resume, new-epoch, confirm-clock, quarantine
// list.

#include "app/output.h"
#include "ops/data_folder.h"

namespace app {

using base::Result;
using base::Status;

/// Errors as ops::backup. Tells on stderr how far it is, once it takes more than two seconds.
Result<Answer> backup(const ops::DataFolder& folder, const store::Path& out);
/// Errors as ops::restore; tells how far it is likewise.
Result<Answer> restore(const ops::DataFolder& folder, const store::Path& from,
                       const store::Path& key);
/// What resume and new-epoch do: tell, or act.
enum class Resume { Look, Now };
/// Lists the devices that were not heard since the backup; with Now also ends the recovery.
/// Errors as ops::recovery.
Result<Answer> resume(const ops::DataFolder& folder, Resume what);
/// Tells of which ledgers the server has signed another history than it holds; with Now also goes
/// on with what it holds, in a new epoch. Errors as ops::recovery and ops::newEpoch.
Result<Answer> newEpoch(const ops::DataFolder& folder, Resume what);
/// Errors as ops::confirmClock.
Result<Answer> confirmClock(const ops::DataFolder& folder);
/// What devices sent without the right to have it ordered. Errors of loadKey() and openStore().
Result<Answer> listQuarantine(const ops::DataFolder& folder);

}  // namespace app
