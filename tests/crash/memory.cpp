#include "memory.h"

#include <cstdlib>
#include <new>

namespace {

std::uint64_t g_left = 0;

}  // namespace

namespace crash {

void failAllocationAt(std::uint64_t n) {
    g_left = n;
}

std::uint64_t allocationsLeft() {
    const std::uint64_t left = g_left;
    g_left = 0;
    return left;
}

}  // namespace crash

// The array forms, and those with std::nothrow, call this one.
void* operator new(std::size_t size) {
    if (g_left > 0 && --g_left == 0) throw std::bad_alloc();
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
