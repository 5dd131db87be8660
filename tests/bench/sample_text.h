#pragma once
// Sample text of the project's own making: what officers of a commune write about their tasks. It
// trains the compression dictionary and nothing else; no text of a real person or office is in it.

#include <array>
#include <string_view>
#include <vector>

namespace bench {

using Phrases = std::vector<std::string_view>;

/// Opening clauses of a report, each followed by what was done or by whom.
const Phrases& openings();
/// What a task is about, as it stands after "về" or "việc".
const Phrases& matters();
/// Clauses that end a report.
const Phrases& endings();
/// Who is written to, asked or waited for.
const Phrases& partners();
/// Whole sentences of completed work and of obstacles.
const Phrases& sentences();
/// How tables of the province word a task.
const Phrases& orders();

const Phrases& surnames();
const Phrases& middleNames();
const Phrases& givenNames();
/// Letters after the number of a document.
const Phrases& documentKinds();
const Phrases& units();

/// Frequent syllables of the language, the more frequent ones first.
const Phrases& syllables();

}  // namespace bench
