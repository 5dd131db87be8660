#include "replica/pending.h"

namespace replica {
namespace {

constexpr std::size_t kChainStateBytes = 256;  // more than it takes

}  // namespace

// scope ‖ incarnation ‖ sized chain state before it ‖ sized reason ‖ seal ‖ entry
Bytes Stranded::encode() const {
    Bytes out;
    base::Writer w(out);
    w.raw(scope.view()).raw(incarnation.view()).sized(before.encode()).sized(base::view(kept));
    w.raw(entry.seal.view()).raw(entry.bytes);
    return out;
}

Result<Stranded> Stranded::decode(std::uint64_t ordinal, ByteView bytes) {
    base::Reader in(bytes);
    Stranded out;
    out.scope = in.fixed<base::ScopeId>();
    out.incarnation = in.fixed<base::IncarnationId>();
    const ByteView before = in.sized(kChainStateBytes);
    out.kept = base::text(in.sized(base::limits::kReasonBytesMax));
    out.entry.seal = in.fixed<base::Signature>();
    out.entry.bytes = base::copy(in.raw(in.remaining()));
    if (!in.ok()) return base::fail(base::Code::Corrupt, "a stranded entry cannot be read");
    TRY(out.before, ledger::ChainState::decode(before));
    TRY(ledger::Entry entry, out.read());
    PendingEntry& p = out.entry;
    p.ordinal = ordinal;
    p.seq = entry.seq;
    p.claimed = entry.header.claimed;
    p.seen = entry.header.seen;
    p.prev = entry.prev;
    p.hash = entry.hash;
    p.act = ledger::actOf(entry);
    return out;
}

Result<ledger::Entry> Stranded::read() const {
    ledger::ChainState state = before;
    return ledger::advance(state, entry.bytes);
}

}  // namespace replica
