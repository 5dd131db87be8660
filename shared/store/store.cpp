#include "store/store.h"

namespace store {

std::array<std::uint8_t, 8> orderedKey(std::uint64_t number) {
    std::array<std::uint8_t, 8> key;
    for (std::size_t i = 0; i < key.size(); ++i) {
        key[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
    }
    return key;
}

std::uint64_t numberOfKey(ByteView key) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < key.size() && i < 8; ++i) number = number << 8 | key[i];
    return number;
}

}  // namespace store
