#pragma once
// What the tests of the store share: a folder that goes, short forms.

#include <catch2/catch.hpp>
#include <cstdlib>

#include "../base/seeded_random.h"
#include "crypto/crypto.h"
#include "store/lmdb_store.h"

namespace store::test {

using ::test::SeededRandom;

inline constexpr std::uint64_t kMapBytes = std::uint64_t{64} << 30;
inline constexpr Table kFirst{1, "first"}, kSecond{2, "second"};
inline constexpr std::array<Table, 2> kTables{kFirst, kSecond};

class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "store-test.XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    Path path;
};

inline crypto::SecretKey keyOf(std::uint8_t fill) {
    crypto::SecretKey key;
    std::fill_n(key.mutableView().begin(), 32, fill);
    return key;
}

inline LmdbStore::Options optionsFor(const Path& folder) {
    return {.folder = folder, .tables = kTables, .masterKey = keyOf(7), .mapBytes = kMapBytes};
}

inline ByteView bytesOf(std::string_view text) {
    return base::view(text);
}

/// The value, or nothing; an error fails the test.
inline std::optional<std::string> valueOf(const ReadTxn& txn, const Table& table,
                                          std::string_view key) {
    Bytes out;
    const auto found = txn.get(table, bytesOf(key), out);
    REQUIRE(found);
    if (!*found) return {};
    return std::string(base::text(out));
}

inline std::optional<std::string> valueOf(Store& store, const Table& table, std::string_view key) {
    auto txn = store.read();
    REQUIRE(txn);
    return valueOf(**txn, table, key);
}

/// One put in a commit of its own.
inline void putOne(Store& store, const Table& table, std::string_view key, std::string_view value) {
    auto txn = store.write();
    REQUIRE(txn);
    REQUIRE((*txn)->put(table, bytesOf(key), bytesOf(value)));
    REQUIRE((*txn)->commit());
}

template <class T>
base::Code codeOf(const Result<T>& result) {
    REQUIRE_FALSE(result);
    CHECK(result.error().message.size() > 10);
    return result.error().code;
}

}  // namespace store::test
