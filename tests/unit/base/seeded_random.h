#pragma once
// Repeatable randomness: what a test draws depends on its seed alone.

#include <random>
#include "base/bytes.h"
#include "base/clock.h"

namespace test {

class SeededRandom final : public base::Random {
public:
    explicit SeededRandom(std::uint64_t seed = 1) : m_engine(seed) {}
    void fill(std::span<std::uint8_t> out) override {
        for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(m_engine());
    }
    /// 0 … bound - 1, by remainder: the same on every platform.
    std::size_t below(std::size_t bound) { return m_engine() % bound; }
    std::uint64_t number() { return m_engine(); }
    base::Bytes bytes(std::size_t size) {
        base::Bytes out(size);
        fill(out);
        return out;
    }

private:
    std::mt19937_64 m_engine;
};

/// Calls `check` with each single-bit change of `bytes`, and the number of the changed bit.
template <class Check>
void forEachBitFlip(base::ByteView bytes, Check check) {
    base::Bytes changed = base::copy(bytes);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
        changed[bit / 8] ^= mask;
        check(changed, bit);
        changed[bit / 8] ^= mask;
    }
}

}  // namespace test
