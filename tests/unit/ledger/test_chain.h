#pragma once
// A chain as its device writes it, kept with the state before each entry.

#include <catch2/catch.hpp>
#include "../base/seeded_random.h"
#include "ledger/record.h"

namespace test {

struct TestChain {
    explicit TestChain(std::uint64_t seed = 1) : TestChain(SeededRandom(seed)) {}
    explicit TestChain(SeededRandom random)
        : province(random.make<base::ProvinceId>()),
          id{random.make<base::ScopeId>(), random.make<base::DeviceId>(),
             random.make<base::IncarnationId>()},
          key(crypto::SigningKey::generate(random)),
          states{ledger::ChainState::start(province, id)} {}

    /// The hash of the new entry.
    base::Hash append(const ledger::Header& header, base::ByteView body) {
        ledger::ChainState state = states.back();
        base::Bytes bytes = ledger::encodeHeader(header, state);
        base::Writer(bytes).raw(body);
        auto entry = ledger::advance(state, bytes);
        REQUIRE(entry);
        REQUIRE((entry->header == header));
        entries.push_back(std::move(bytes));
        states.push_back(state);
        return state.tip;
    }
    /// One entry of a minute later than the one before, with a body of that many bytes.
    base::Hash append(std::size_t bodyBytes = 20) {
        ledger::Header header;
        header.keyVersion = 1;
        header.claimed = states.back().claimed + 60'000;
        header.seen = states.back().seen;
        return append(header, base::Bytes(bodyBytes, static_cast<std::uint8_t>(entries.size())));
    }
    base::Signature seal(std::size_t end) const {
        return crypto::sign(key, crypto::Context::Seal,
                            ledger::sealedBytes(province, id, end - 1, states[end].tip));
    }
    base::Bytes segment(std::size_t first, std::size_t end) const {
        std::vector<base::ByteView> views(entries.begin() + static_cast<std::ptrdiff_t>(first),
                                          entries.begin() + static_cast<std::ptrdiff_t>(end));
        base::Bytes out;
        ledger::encodeSegment(id, first, states[first].tip, views, seal(end), out);
        return out;
    }
    base::Bytes segment() const { return segment(0, entries.size()); }

    base::ProvinceId province;
    ledger::ChainId id;
    crypto::SigningKey key;
    std::vector<ledger::ChainState> states;  // before each entry, and after the last
    std::vector<base::Bytes> entries;
};

}  // namespace test
