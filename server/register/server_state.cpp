#include "register/server_state.h"

namespace reg {
namespace {

using base::Code;
using base::fail;

constexpr store::Table kTables[] = {store::kLedgers, store::kRecords, store::kBlobs, store::kChains,
                                    kState,          kHeard,          kQuarantine};
constexpr std::string_view kRestoredKey = "restored", kClockKey = "clock";
constexpr std::uint8_t kFormat = 1;

tl::unexpected<base::Error> damaged(const char* what) {
    return fail(Code::Corrupt, std::string("the stored ") + what + " cannot be read");
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
    out.at = static_cast<base::TimeMs>(in.u64());
    auto mark = ledger::Watermark::decode(in.raw(in.remaining()));
    if (!in.ok() || format != kFormat || !mark) return damaged("mark of a restored backup");
    out.backup = std::move(*mark);
    return std::optional(std::move(out));
}

Status putRestored(store::WriteTxn& txn, const Restored& mark) {
    Bytes bytes;
    base::Writer(bytes).u8(kFormat).u64(static_cast<std::uint64_t>(mark.at));
    base::Writer(bytes).raw(mark.backup.encode());
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

}  // namespace reg
