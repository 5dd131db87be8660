#pragma once
// What people read instead of names and numbers, in both languages.

#include "domain/change.h"
#include "verify/refusal.h"

namespace verify {

std::string wordsOf(domain::Roles roles, Language language);
/// Why a change has no effect, for a reason of domain::reasonWithoutEffect().
std::string wordsOfNoEffect(std::string_view reason, Language language);
/// What a change says, with its values; several lines are cut to one.
std::string lineOf(const domain::Change& change, Language language);
/// 31/08/2025 09:24:05, in Viet Nam.
std::string timeOf(base::TimeMs time);
/// Somebody else's text on one line, safe to be shown.
std::string oneLine(const std::string& text);

}  // namespace verify
