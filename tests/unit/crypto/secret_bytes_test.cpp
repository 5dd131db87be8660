#include "crypto/secret_bytes.h"
#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>

using namespace crypto;

namespace {

// What a block held when it was given back: the only moment at which wiping can be seen.
const void* g_watched = nullptr;
std::array<std::uint8_t, 32> g_seen{};

void giveBack(void* block) {
    if (block != nullptr && block == g_watched) {
        std::memcpy(g_seen.data(), block, g_seen.size());
        g_watched = nullptr;
    }
    std::free(block);
}

void watch(const Bytes& bytes) {
    g_seen.fill(1);
    g_watched = bytes.data();
}

bool wasWiped() {
    return g_watched == nullptr && g_seen == std::array<std::uint8_t, 32>{};
}

Bytes secret() {
    return Bytes(32, 0x5A);
}

}  // namespace

void* operator new(std::size_t size) {
    if (void* block = std::malloc(size != 0 ? size : 1)) return block;
    throw std::bad_alloc();
}
void operator delete(void* block) noexcept {
    giveBack(block);
}
void operator delete(void* block, std::size_t) noexcept {
    giveBack(block);
}

TEST_CASE("secret bytes: the heap is wiped before it is given back") {
    {
        Bytes plain = secret();
        watch(plain);
    }
    CHECK_FALSE(wasWiped());  // the control: other bytes stay
    {
        SecretBytes bytes(secret());
        watch(bytes.bytes());
    }
    CHECK(wasWiped());
    {
        SecretBytes bytes(secret());
        watch(bytes.bytes());
        bytes = SecretBytes::copyOf(base::view("another"));
        CHECK(wasWiped());
        CHECK(bytes.text() == "another");
    }
}

TEST_CASE("secret bytes: what was cut off the end is wiped too") {
    {
        SecretBytes bytes(secret());
        watch(bytes.bytes());
        bytes.bytes().resize(3);
        CHECK(bytes.size() == 3);
    }
    CHECK(wasWiped());
}

TEST_CASE("secret bytes: one owner at a time, and room that does not move") {
    SecretBytes first(secret());
    SecretBytes second(std::move(first));
    CHECK(second.view().size() == 32);
    CHECK(first.empty());  // NOLINT: that is what is asked
    auto roomy = SecretBytes::withRoom(64);
    const std::uint8_t* at = roomy.bytes().data();
    base::Writer(roomy.bytes()).raw(Bytes(64, 1));
    CHECK(roomy.bytes().data() == at);
    CHECK(roomy.size() == 64);
}

TEST_CASE("locked key: it is the key, also after it was moved") {
    REQUIRE(initialise());
    const SecretKey key = SecretKey::from(secret());
    LockedKey locked(key);
    CHECK(equalConstantTime(locked.view(), key.view()));
    const LockedKey moved(std::move(locked));
    CHECK(equalConstantTime(moved.view(), key.view()));
}
