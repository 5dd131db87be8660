#pragma once
// The verbs of `thongsuot`, one function each: arguments in, an answer or one clear sentence out.

#include "cli/context.h"

namespace cli {

// ---- authority.cpp ----
struct AuthorityInit {
    std::string server, bootstrap, province, code, officer = "Quản trị viên";
    int keys = 1, threshold = 1;
    std::string keyOut;  // folder for authority keys; empty: the one key stays in the home
};
Result<Answer> authorityInit(const Context& context, const AuthorityInit& options);
Result<Answer> authorityImportUnits(const Context& context, const std::string& file);
struct AuthorityInvite {
    std::string unit, officer, role, device, request;
    int hours = 72;
    bool qr = false;
};
Result<Answer> authorityInvite(const Context& context, const AuthorityInvite& options);
/// Every device of the province, by unit.
Result<Answer> authorityDevices(const Context& context);
/// Asks at a terminal, unless `yes`; in scripts the command is the answer.
Result<Answer> authorityRevoke(const Context& context, const std::string& device,
                               const std::string& reason, bool yes);

// ---- confirm.cpp, invitations.cpp, rules.cpp ----
/// Shows the device's words and grants it its key; asks first, unless `yes`.
Result<Answer> authorityConfirm(const Context& context, const std::string& device, bool yes);
/// The open invitations, or all of them.
Result<Answer> authorityInvitations(const Context& context, bool all);
Result<Answer> authorityWithdraw(const Context& context, const std::string& number);
/// Sets a rule; without a value shows it, without a name shows all.
Result<Answer> authorityRule(const Context& context, const std::string& name,
                             const std::string& value);

// ---- officers.cpp ----
Result<Answer> officerAdd(const Context& context, const std::string& invite);
Result<Answer> officerList(const Context& context);

// ---- root.cpp ----
/// `request` is where the request is written if the authority keys are not in this home.
Result<Answer> authorityRotateServer(const Context& context, const std::string& token,
                                     const std::string& request);
struct RotateAuthority {
    int keys = 1, threshold = 1;
    std::string keyOut, request;
};
Result<Answer> authorityRotateAuthority(const Context& context, const RotateAuthority& options);
/// These two need no home.
Result<Answer> authorityShow(const std::string& request);
struct AuthoritySign {
    std::string request, key, code;
    bool yes = false;
};
Result<Answer> authoritySign(const Context& context, const AuthoritySign& options);
Result<Answer> authoritySubmit(const Context& context, const std::string& request);
/// Usage unless 1 ≤ threshold ≤ keys ≤ 16, and a folder is named for more than one.
Status checkAuthorityKeys(int keys, int threshold, const std::string& keyOut);
/// What becomes of the files of authority keys, for people.
std::string adviceOnKeys(const std::string& keyOut, int keys);
/// Writes the request of an administrator's invitation.
Status writeAdministratorRequest(const replica::Replica& replica, const domain::Invited& invited,
                                 const std::string& file);

// ---- recovery.cpp ----
struct AuthorityRecover {
    std::string server, root, officer = "Quản trị viên", request, submit, recoveryKey;
    int hours = 336;  // until the keepers have signed, and the request was handed in
};
/// A new first device for an office that has lost all of its own: makes the request, or hands it in
/// once it is signed.
Result<Answer> authorityRecover(const Context& context, const AuthorityRecover& options);
/// Whether this paper opens the keys in use. InvalidInput if not. Changes nothing.
Result<Answer> authorityCheckRecovery(const Context& context, const std::string& recoveryKey);

// ---- calendar.cpp ----
struct AuthorityCalendar {
    std::string file, weekend;
};
/// Shows the work calendar, or changes it.
Result<Answer> authorityCalendar(const Context& context, const AuthorityCalendar& options);

// ---- connect.cpp ----
Result<Answer> enrol(const Context& context, const std::string& invite, const std::string& server);
Result<Answer> sync(const Context& context);
/// Rounds until interrupted, or until one fails for good, or nothing was exchanged for so many
/// minutes (0: for ever; without a value as the help says); prints an answer for each.
Result<Answer> syncWatch(const Context& context, std::optional<double> lockAfterMinutes);
/// The sentence of a cut line, wherever it was cut: nothing is lost, and what to run again. Other
/// errors stay.
base::Error afterCut(base::Error error, const std::string& command);
Result<Answer> status(const Context& context);

// ---- passphrase.cpp ----
/// The code in the answer, with what to do with it: it is shown this once.
void addRecoveryCode(Answer& answer, const store::RecoveryCode& code);
Result<Answer> passphraseChange(const Context& context, const std::string& newPassphraseFile);
Result<Answer> passphraseReset(const Context& context, const std::string& recoveryCode,
                               const std::string& newPassphraseFile);
Result<Answer> passphraseRecoveryCode(const Context& context);
Result<Answer> passphraseAddKeyFile(const Context& context, const std::string& file);
/// Of the file, or of the slot with that name where the file is lost: one of them is empty.
Result<Answer> passphraseRemoveKeyFile(const Context& context, const std::string& file,
                                       const std::string& slot);
Result<Answer> passphraseSlots(const Context& context);

// ---- table_import.cpp ----
struct Import {
    std::string file, sheet, assignTo;
    bool preview = false, yes = false;
};
Result<Answer> importTable(const Context& context, const Import& options);

// ---- work.cpp ----
struct TaskList {
    std::string unit, search, status, timeliness, asOf;
};
Result<Answer> taskList(const Context& context, const TaskList& options);
Result<Answer> taskShow(const Context& context, const std::string& id);
Result<Answer> taskHistory(const Context& context, const std::string& id);
Result<Answer> taskProgress(const Context& context, const std::string& id, const std::string& text);
struct TaskComplete {
    std::string id, result, completed, officer;
};
/// Signed by the officer of that name, or by the only one of this device who may write.
Result<Answer> taskComplete(const Context& context, const TaskComplete& options);
Result<Answer> taskAssign(const Context& context, const std::string& id, const std::string& to);

// ---- receipts.cpp ----
/// `open`: what the entry says goes along.
Result<Answer> receiptExport(const Context& context, const std::string& entry,
                             const std::string& out, bool open);
Result<Answer> ledgerExport(const Context& context, const std::string& scope,
                            const std::string& out, bool open);

// ---- reports.cpp ----
Result<Answer> reportSummary(const Context& context, const std::string& asOf,
                             const std::string& unit);
Result<Answer> auditList(const Context& context);

// ---- office.cpp ----
/// What waits for a decision of the office, or one entry of it alone.
Result<Answer> officeQueue(const Context& context, const std::string& entry);
Result<Answer> officeAdopt(const Context& context, const std::string& entry);
Result<Answer> officeRefuse(const Context& context, const std::string& entry,
                            const std::string& reason);
/// At an office: how much waits for it.
Status tellQueue(replica::Replica& replica, Answer& out);

}  // namespace cli
