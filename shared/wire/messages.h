#pragma once
// Session messages <-> schemas/session.capnp. Decoded views borrow from the message's own copy of
// its bytes.

#include <memory>
#include <variant>
#include "base/bytes.h"
#include "base/clock.h"
#include "ledger/head.h"
#include "ledger/record.h"

namespace wire {

using base::Bytes;
using base::ByteView;
using base::Hash;
using base::Result;

/// One ledger as a side holds it under a verified (or its own) head.
struct LedgerState {
    base::ScopeId scope;
    std::uint32_t epoch = 0;
    std::uint64_t size = 0;
    ledger::ShortRoot root;
    auto operator<=>(const LedgerState&) const = default;
};
/// H("ts-ledgers", scope ‖ u32 epoch ‖ u64 size ‖ root16 of each, sorted by scope).
Hash digestOf(std::vector<LedgerState> ledgers);

struct Hello {
    base::IncarnationId incarnation;
    base::TimeMs clock = 0;
    std::uint32_t epoch = 0;           // that it is in: of the statement that it has followed
    std::uint32_t charterVersion = 0;  // newest of charters and authority sets that it knows
    std::uint64_t pendingEntries = 0;
    std::uint64_t pendingBytes = 0;
    std::vector<LedgerState> ledgers;  // at most 6 …
    Bytes digest;                      // … or 32 bytes
    bool pushFollows = false;
    std::uint64_t quarantine =
        0;  // office: 1 + `at` of the newest Quarantined heard; 0: none, please
};
struct Push {
    std::vector<ByteView> segments;
};
struct Done {};
struct Show {
    ByteView head;
};
struct Introduce {
    ByteView segment;
};
struct Found {
    Hash mac;
    ByteView segment;
};
/// The ledgers a client holds, asked for when a digest did not match.
struct Ledgers {
    std::vector<LedgerState> ledgers;
};
/// Records of a ledger that a server had signed for and holds no more, as they were received.
struct GiveBack {
    base::ScopeId scope;
    std::uint64_t first = 0;
    std::vector<ByteView> records;
    ByteView frontier{};        // of a former history: what stands before `first`
    std::vector<Hash> roots{};  // … and the directory's root that each record's leaves name
};
/// A record boundary of a ledger.
struct Sample {
    std::uint64_t size = 0;
    ledger::ShortRoot root;
    bool operator==(const Sample&) const = default;
};
/// A head whose history is not the server's. Of an epoch that is over: with boundaries of that
/// history, the greatest first. Of the present one: with its root at the size that the server
/// named, and the proof that the head covers that.
struct Former {
    ByteView head;
    std::vector<Sample> samples;
    std::uint64_t size = 0;  // 0: no proof
    Hash root{};
    std::vector<Hash> proof{};
};
using ClientMessage =
    std::variant<Hello, Push, Done, Show, Introduce, Found, Ledgers, GiveBack, Former>;

struct Same {};
struct LedgerAnswer {
    LedgerState state;
    std::uint64_t nextSeq = 0;  // of this device's chain
    Hash tip;                   // zero if nextSeq is 0
};
/// How far a chain of this device has come at the server.
struct KeptChain {
    base::ScopeId scope;
    std::uint64_t nextSeq = 0;
    Hash tip;
    bool operator==(const KeptChain&) const = default;
};
struct Answer {
    std::vector<LedgerAnswer> ledgers;
    bool needLedgers = false;
    std::uint32_t charterVersion = 0;  // newest at the server; 0: it does not say
    ByteView authority{};              // a body: genesis, charters, authority sets; may be empty
    bool isRevoked = false;            // one segment of each chain is taken, and kept apart
    std::vector<KeptChain> chains{};   // of a revoked device, as ordered
    ByteView epoch{};                  // the statement of an epoch that the client is not in yet
};
struct OwnRecord {
    std::uint64_t firstSeq = 0;
    std::uint16_t count = 0;
    std::uint64_t arrival = 0;
    std::uint64_t directorySize = 0;
};
using RecordItem = std::variant<ByteView, OwnRecord>;
struct Batch {
    base::ScopeId scope;
    std::uint64_t first = 0;
    std::vector<RecordItem> records;
    ByteView head;
};
enum class RefusedReason : std::uint8_t {
    Unknown,
    Revoked,
    Recovering,
    Forked,
    TooOld,
    Invitation,
    NotEmpty,
    Gap,
    Malformed,
    NoRight,
    QuarantineFull,
    Expired,
    Used,
    Paused,
};
struct Refused {
    RefusedReason reason = RefusedReason::Malformed;
    std::string text;
    base::ScopeId scope;
    std::uint64_t nextSeq = 0;
    std::vector<KeptChain> chains{};  // of a revoked device, as far as they are durable
    std::vector<LedgerState>
        held{};  // ditto: of its ledgers those that stand here, as it named them
};
struct Finished {};
struct Introduced {};
/// What is missing of the ledger of a head that was shown; from = its size: nothing.
struct Wanted {
    base::ScopeId scope;
    std::uint64_t from = 0;
    std::uint64_t common = 0;  // of a former history: up to where it is the server's own
};
/// A segment that came without the right, for the office.
struct Quarantined {
    std::uint64_t at = 0;  // ms, the server's clock; of two the later one has the greater
    std::uint8_t why = 0;  // kWithoutRight, kOfRevoked, or of a newer version
    ByteView segment{};
};
inline constexpr std::uint8_t kWithoutRight = 1;
inline constexpr std::uint8_t kOfRevoked = 2;
using ServerMessage =
    std::variant<Same, Answer, Batch, Refused, Finished, Introduced, Wanted, Quarantined>;

Bytes encode(const ClientMessage& message);
Bytes encode(const ServerMessage& message);

template <class M>
struct Decoded {
    M message;
    std::shared_ptr<void> storage;  // what the message's views borrow from
};
Result<Decoded<ClientMessage>> decodeClientMessage(ByteView bytes);
Result<Decoded<ServerMessage>> decodeServerMessage(ByteView bytes);

}  // namespace wire
