#pragma once
// What was proven and what was not, for people who are no engineers, and for scripts.

#include <nlohmann/json.hpp>
#include "verify/exported_ledger.h"
#include "verify/receipt_check.h"

namespace verify {

using Json = nlohmann::ordered_json;

std::string textOf(const CheckedReceipt& receipt, Language language);
Json jsonOf(const CheckedReceipt& receipt, Language language);

std::string textOf(const CheckedLedger& ledger, Language language);
Json jsonOf(const CheckedLedger& ledger, Language language);
/// One entry of a list: a line, with one more for each change that is told.
std::string textOf(const CheckedEntry& entry, const domain::Directory& directory,
                   Language language);
Json jsonOf(const CheckedEntry& entry, const domain::Directory& directory, Language language);

}  // namespace verify
