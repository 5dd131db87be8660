#include "store/store.h"

namespace store {

Result<bool> eraseSome(WriteTxn& txn, const Table& table, std::size_t count) {
    std::vector<Bytes> keys;
    CHECK_OK(txn.scan(table, {}, [&](ByteView key, ByteView) -> Result<bool> {
        keys.push_back(base::copy(key));
        return keys.size() < count;
    }));
    for (const Bytes& key : keys) CHECK_OK(txn.erase(table, key));
    return keys.size() == count;
}

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
