#pragma once
// Golden vectors as JSON: made from fixed seeds, and described the same way when they are read
// back.

#include <nlohmann/json.hpp>
#include "../unit/base/seeded_random.h"
#include "domain/change.h"
#include "domain/invitation.h"
#include "ledger/body.h"
#include "ledger/head.h"
#include "ledger/record.h"
#include "transport/first_frame.h"

namespace golden {

using Json = nlohmann::ordered_json;

struct File {
    std::string name;
    Json content;
};
/// All files, as they are committed.
std::vector<File> makeAll();
/// The bytes of a file.
std::string textOf(const Json& content);

Json makeFrames();
Json makeHeaders();
Json makeEntries();
Json makeSegments();
Json makeRecords();
Json makeHeads();
Json makeInvitations();
Json makeBootstrapTokens();
Json makeStatements();

std::string hex(base::ByteView bytes);

/// What the decoders' results say, as it stands under "expect".
Json describe(const transport::Prologue& prologue);
Json describe(const transport::FirstFrameHeader& header);
Json describe(const ledger::Seen& seen);
Json describe(const ledger::ChainState& state);
Json describe(const ledger::Header& header);
Json describe(const ledger::Entry& entry);
Json describe(const ledger::ChainId& chain);
Json describe(const ledger::Segment& segment);
Json describe(const ledger::Arrival& at);
Json describe(const ledger::Head& head);
Json describe(const domain::Invitation& invitation);
Json describe(const domain::BootstrapToken& token);
Json describe(const domain::Stated& stated);

}  // namespace golden
