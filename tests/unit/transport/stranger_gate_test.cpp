#include "transport/stranger_gate.h"
#include "base/limits.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace std::chrono_literals;
using transport::StrangerGate;

namespace {

StrangerGate::Network network(std::vector<std::uint8_t> address) {
    return StrangerGate::networkOf(address);
}

}  // namespace

TEST_CASE("stranger gate: an IPv4 /24 and an IPv6 /48 are one network each") {
    CHECK(network({192, 0, 2, 1}) == network({192, 0, 2, 255}));
    CHECK(network({192, 0, 2, 1}) != network({192, 0, 3, 1}));
    CHECK(network({0x20, 1, 0xd, 0xb8, 0, 1, 9, 9, 0, 0, 0, 0, 0, 0, 0, 1}) ==
          network({0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}));
    CHECK(network({0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}) !=
          network({0x20, 1, 0xd, 0xb8, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
    CHECK(network({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 9}) ==
          network({192, 0, 2, 1}));
}

TEST_CASE("stranger gate: a burst passes, then as many as the rate allows") {
    StrangerGate gate(3, 2);
    StrangerGate::Time now{};
    auto here = network({192, 0, 2, 1});
    for (int i = 0; i < 3; ++i) CHECK(gate.admit(here, now));
    CHECK_FALSE(gate.admit(here, now));
    CHECK(gate.admit(network({192, 0, 3, 1}), now));
    CHECK(gate.admit(here, now + 500ms));
    CHECK_FALSE(gate.admit(here, now + 500ms));
    for (int i = 0; i < 3; ++i) CHECK(gate.admit(here, now + 1h));
    CHECK_FALSE(gate.admit(here, now + 1h));
}

TEST_CASE("stranger gate: known peers cost nothing") {
    StrangerGate gate(1, 0);
    auto here = network({192, 0, 2, 1});
    for (int i = 0; i < 10; ++i) {
        REQUIRE(gate.admit(here, {}));
        gate.refund(here, {});
    }
    CHECK(gate.admit(here, {}));
    CHECK_FALSE(gate.admit(here, {}));
}

TEST_CASE("stranger gate: its memory is bounded, and freed when networks are quiet") {
    StrangerGate gate(1, 1);
    StrangerGate::Time now{};
    auto nth = [&](std::size_t i) {
        return network({static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8),
                        static_cast<std::uint8_t>(i), 1});
    };
    for (std::size_t i = 0; i < base::limits::kStrangerNetworksMax; ++i)
        REQUIRE(gate.admit(nth(i), now));
    CHECK_FALSE(gate.admit(nth(base::limits::kStrangerNetworksMax), now));
    CHECK(gate.admit(nth(base::limits::kStrangerNetworksMax), now + 2s));
    CHECK(gate.networks() == 1);
}

TEST_CASE("stranger gate: ten thousand guesses from one network lock nobody else out") {
    StrangerGate gate(base::limits::kStrangersBurst, base::limits::kStrangersPerSecond);
    StrangerGate::Time now{};
    auto guesser = network({192, 0, 2, 1});
    auto honest = network({198, 51, 100, 7});
    std::size_t taken = 0;
    for (int i = 0; i < 10'000; ++i) {
        now += 10ms;
        if (gate.admit(guesser, now)) ++taken;
        if (i % 100 == 0) CHECK(gate.admit(honest, now));  // one a second comes to enrol
    }
    CHECK(taken <= 64 + 4 * 100 + 1);
    // Whoever sits in the guesser's network gets in once that pauses for a quarter of a second.
    CHECK(gate.admit(guesser, now + 250ms));
}
