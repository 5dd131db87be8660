#include "crypto/secret_bytes.h"
#include <sodium.h>
#include <new>

namespace crypto {

SecretBytes SecretBytes::withRoom(std::size_t bytesMax) {
    SecretBytes out;
    out.m_bytes.reserve(bytesMax);
    return out;
}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
    if (this == &other) return *this;
    clear();
    m_bytes.swap(other.m_bytes);
    return *this;
}

void SecretBytes::clear() {
    m_bytes.resize(m_bytes.capacity());  // what was cut off the end is wiped too
    wipe(m_bytes);
    m_bytes.clear();
}

LockedKey::LockedKey(const SecretKey& key)
    // The library keeps the frame of such memory, which must not change while there is some.
    : m_data(sodium_init() < 0 ? nullptr
                               : static_cast<std::uint8_t*>(sodium_malloc(key.view().size()))) {
    if (!m_data) throw std::bad_alloc();
    std::memcpy(m_data.get(), key.view().data(), key.view().size());
    sodium_mprotect_readonly(m_data.get());
}

void LockedKey::Free::operator()(std::uint8_t* data) const {
    sodium_free(data);  // wipes
}

}  // namespace crypto
