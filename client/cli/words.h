#pragma once
// Words for people where scripts get names: what a status, a field or a value is called in text.

#include <string>
#include "domain/timeliness.h"
#include "replica/replica.h"

namespace cli {

std::string_view wordsOf(domain::Status status);
std::string_view wordsOf(domain::Timeliness timeliness);
std::string_view wordsOf(domain::Proof proof);
std::string wordsOf(domain::Field field);
/// Whether a field's number is a day.
bool isDay(domain::Field field);
/// Days as dd/MM/yyyy, times as dd/MM/yyyy HH:mm, both local.
std::string wordsOf(domain::Field field, const domain::Value& value);

/// What a change did, as one line of a history.
std::string lineOf(const domain::Change& change);

}  // namespace cli
