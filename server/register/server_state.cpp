#include "register/server_state.h"

namespace reg {
namespace {

using base::Code;
using base::fail;

constexpr store::Table kTables[] = {
    store::kLedgers, store::kRecords, store::kBlobs,   store::kChains, kState,
    kHeard,          kQuarantine,     kContradictions, kFormer,        kSettled};
constexpr std::string_view kRestoredKey = "restored", kClockKey = "clock", kEpochKey = "epoch";
constexpr std::uint8_t kFormat = 1;
constexpr std::uint8_t kRestoredFormat = 3;

tl::unexpected<base::Error> damaged(const char* what) {
    return fail(Code::Corrupt, std::string("the stored ") + what + " cannot be read");
}

Bytes settledKey(const ledger::Head& head) {
    Bytes key;
    base::Writer(key).raw(head.scope.view()).u32(head.epoch).u64(head.size).raw(head.root.view());
    return key;
}

base::Hash nameOf(ByteView record) {
    return crypto::Hasher("").add(record).finish();
}

}  // namespace

std::span<const store::Table> tables() {
    return kTables;
}

Result<std::optional<Restored>> restored(const store::ReadTxn& txn) {
    Bytes bytes;
    TRY(bool found, txn.get(kState, base::view(kRestoredKey), bytes));
    if (!found) return std::optional<Restored>();
    base::Reader in(bytes);
    Restored out;
    const std::uint8_t format = in.u8();
    const std::uint8_t cause = in.u8();
    out.at = static_cast<base::TimeMs>(in.u64());
    out.since = in.u64();
    auto mark = ledger::Watermark::decode(in.raw(in.remaining()));
    const bool isKnown = format == kRestoredFormat && cause >= 1 && cause <= 3;
    if (!in.ok() || !isKnown || !mark) return damaged("mark of a restored backup");
    out.cause = static_cast<RestoredCause>(cause);
    out.backup = std::move(*mark);
    return std::optional(std::move(out));
}

Status putRestored(store::WriteTxn& txn, const Restored& mark) {
    Bytes bytes;
    base::Writer w(bytes);
    w.u8(kRestoredFormat).u8(static_cast<std::uint8_t>(mark.cause));
    w.u64(static_cast<std::uint64_t>(mark.at)).u64(mark.since).raw(mark.backup.encode());
    return txn.put(kState, base::view(kRestoredKey), bytes);
}

Status eraseRestored(store::WriteTxn& txn) {
    return txn.erase(kState, base::view(kRestoredKey));
}

Result<std::optional<ClockMark>> clockMark(const store::ReadTxn& txn) {
    Bytes bytes;
    TRY(bool found, txn.get(kState, base::view(kClockKey), bytes));
    if (!found) return std::optional<ClockMark>();
    base::Reader in(bytes);
    const std::uint8_t format = in.u8();
    ClockMark out;
    out.wall = static_cast<base::TimeMs>(in.u64());
    out.arrival = in.u64();
    out.number = in.u64();
    if (!in.atEnd() || format != kFormat) return damaged("mark of the clock");
    return std::optional(out);
}

Status putClockMark(store::WriteTxn& txn, const ClockMark& mark) {
    Bytes bytes;
    base::Writer w(bytes);
    w.u8(kFormat).u64(static_cast<std::uint64_t>(mark.wall)).u64(mark.arrival).u64(mark.number);
    return txn.put(kState, base::view(kClockKey), bytes);
}

Result<Heard> heard(const store::ReadTxn& txn) {
    Heard out;
    CHECK_OK(txn.scan(kHeard, {}, [&](ByteView key, ByteView value) -> Result<bool> {
        base::Reader in(value);
        const auto at = static_cast<base::TimeMs>(in.u64());
        if (key.size() != base::DeviceId::kSize || !in.atEnd())
            return damaged("time of a device's session");
        out[base::DeviceId::from(key)] = at;
        return true;
    }));
    return out;
}

Status putHeard(store::WriteTxn& txn, const base::DeviceId& device, base::TimeMs at) {
    Bytes value;
    base::Writer(value).u64(static_cast<std::uint64_t>(at));
    return txn.put(kHeard, device.view(), value);
}

Result<std::optional<ledger::EpochStatement>> epochStatement(const store::ReadTxn& txn) {
    Bytes bytes;
    TRY(bool found, txn.get(kState, base::view(kEpochKey), bytes));
    if (!found) return std::optional<ledger::EpochStatement>();
    auto statement = ledger::EpochStatement::decode(bytes);
    if (!statement) return damaged("statement of an epoch");
    return std::optional(std::move(*statement));
}

Status putEpochStatement(store::WriteTxn& txn, const ledger::EpochStatement& statement) {
    return txn.put(kState, base::view(kEpochKey), statement.encode());
}

Result<Contradictions> contradictions(const store::ReadTxn& txn) {
    Contradictions out;
    CHECK_OK(txn.scan(kContradictions, {}, [&](ByteView key, ByteView value) -> Result<bool> {
        auto head = ledger::Head::decode(value);
        if (!head || base::copy(key) != base::copy(head->scope.view()))
            return damaged("head that contradicts a ledger");
        out[head->scope] = *head;
        return true;
    }));
    return out;
}

Status putContradiction(store::WriteTxn& txn, const ledger::Head& head) {
    return txn.put(kContradictions, head.scope.view(), head.encode());
}

Status eraseContradictions(store::WriteTxn& txn, const Contradictions& all) {
    for (const auto& [scope, head] : all) CHECK_OK(txn.erase(kContradictions, scope.view()));
    return {};
}

Result<std::vector<FormerKept>> formerKept(const store::ReadTxn& txn) {
    std::vector<FormerKept> out;
    CHECK_OK(txn.scan(kFormer, {}, [&](ByteView, ByteView value) -> Result<bool> {
        base::Reader in(value);
        const std::uint8_t format = in.u8();
        const std::uint8_t why = in.u8();
        FormerKept one;
        one.at = static_cast<base::TimeMs>(in.u64());
        auto record = ledger::parseRecord(in.raw(in.remaining()));
        if (!in.ok() || format != kFormat || why < 1 || why > 3 || !record)
            return damaged("record of an earlier epoch");
        one.why = static_cast<FormerReason>(why);
        one.chain = record->segment.chain;
        one.firstSeq = record->segment.firstSeq;
        one.count = record->segment.entries.size();
        one.bytes = record->bytes.size();
        one.firstArrival = record->at.firstArrival;
        out.push_back(one);
        return true;
    }));
    return out;
}

Result<bool> isFormerKept(const store::ReadTxn& txn, ByteView record) {
    Bytes ignored;
    return txn.get(kFormer, nameOf(record).view(), ignored);
}

Status putFormerKept(store::WriteTxn& txn, ByteView record, FormerReason why, base::TimeMs at) {
    Bytes value;
    base::Writer w(value);
    w.u8(kFormat).u8(static_cast<std::uint8_t>(why)).u64(static_cast<std::uint64_t>(at));
    w.raw(record);
    return txn.put(kFormer, nameOf(record).view(), value);
}

Result<bool> isSettled(const store::ReadTxn& txn, const ledger::Head& head) {
    Bytes ignored;
    return txn.get(kSettled, settledKey(head), ignored);
}

Status putSettled(store::WriteTxn& txn, const ledger::Head& head) {
    return txn.put(kSettled, settledKey(head), {});
}

}  // namespace reg
