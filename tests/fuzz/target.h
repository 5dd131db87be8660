#pragma once
// One fuzz target a file, one decoder a target: hostile bytes may be refused, nothing else. A value
// that was accepted must say the same when it is written again.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include "base/bytes.h"

namespace fuzz {

using base::Bytes;
using base::ByteView;

/// Ends the process, which is how a fuzzer is told of a find.
inline void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz: %s\n", what);
    std::abort();
}

/// Hands out the input piece by piece.
class Input {
public:
    explicit Input(ByteView bytes) : m_rest(bytes) {}
    std::uint8_t byte() {
        if (m_rest.empty()) return 0;
        std::uint8_t out = m_rest[0];
        m_rest = m_rest.subspan(1);
        return out;
    }
    /// Up to `count` bytes.
    ByteView take(std::size_t count) {
        ByteView out = m_rest.first(std::min(count, m_rest.size()));
        m_rest = m_rest.subspan(out.size());
        return out;
    }
    /// A piece whose length two bytes give.
    ByteView piece() {
        std::size_t size = byte();
        return take(size | static_cast<std::size_t>(byte()) << 8);
    }
    ByteView rest() { return take(m_rest.size()); }
    bool isEmpty() const { return m_rest.empty(); }

private:
    ByteView m_rest;
};

}  // namespace fuzz

/// The entry point that libFuzzer and replay.cpp call; returns 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
