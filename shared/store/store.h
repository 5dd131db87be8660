#pragma once
// A transactional, ordered key-value store: LMDB on disk (every value encrypted), or memory for the
// simulator. One writer at a time; readers see the last commit. A transaction that is not committed
// changes nothing.
//
// Rules for both (a breach is an Error, never undefined):
// - A key has 1 to kKeyBytesMax bytes (Limit); keys sort as byte strings.
// - A visitor must not change or end the transaction that it scans (Internal); it may read from it.
// - A write transaction is begun, used and ended by one thread; a second one begun by that thread
//   while the first lives is refused (Internal), since it would wait for itself.
// - A read transaction may move between threads, but belongs to one at a time. Keep it short: the
//   pages that it can see are not reused.
// - No transaction outlives its store.

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include "base/bytes.h"
#include "base/result.h"

namespace store {

using base::Bytes;
using base::ByteView;
using base::Result;
using base::Status;

inline constexpr std::size_t kKeyBytesMax = 511;  // LMDB's limit as Debian builds it

/// One named table; ids are stable, they are part of what is authenticated at rest. Id 0 is the
/// store's own.
struct Table {
    std::uint8_t id;
    std::string_view name;
};

/// Return false to stop a scan. Views are valid during the call only.
using Visitor = std::function<Result<bool>(ByteView key, ByteView value)>;

class ReadTxn {
public:
    virtual ~ReadTxn() = default;
    ReadTxn(const ReadTxn&) = delete;
    ReadTxn& operator=(const ReadTxn&) = delete;

    /// Replaces `out` with the value; false (and `out` empty) if there is none. Corrupt if it fails
    /// authentication.
    virtual Result<bool> get(const Table& table, ByteView key, Bytes& out) const = 0;
    /// Ascending from the first key >= `from`; an empty `from` is the beginning.
    virtual Status scan(const Table& table, ByteView from, const Visitor& visit) const = 0;
    /// The greatest key that starts with `prefix`, if any; its value is not looked at.
    virtual Result<std::optional<Bytes>> lastKey(const Table& table, ByteView prefix) const = 0;

protected:
    ReadTxn() = default;
};

/// Sees its own changes. Destroyed without commit(), it changes nothing.
class WriteTxn : public ReadTxn {
public:
    virtual Status put(const Table& table, ByteView key, ByteView value) = 0;
    /// As put, for a key greater than every key of the table: keeps pages full. Internal for any
    /// other key, and nothing is changed.
    virtual Status append(const Table& table, ByteView key, ByteView value) = 0;
    /// It is no error if there is no such key.
    virtual Status erase(const Table& table, ByteView key) = 0;
    /// Durable when it returns. After an error nothing is known: reopen the store and read. The
    /// transaction is over either way.
    virtual Status commit() = 0;
};

class Store {
public:
    virtual ~Store() = default;
    virtual Result<std::unique_ptr<ReadTxn>> read() = 0;
    /// Waits for another writer of this process to end. Io after a commit that failed: reopen
    /// first.
    virtual Result<std::unique_ptr<WriteTxn>> write() = 0;
    /// Whether put() has room on the disk now. Io if nobody can tell.
    virtual Result<bool> hasRoom() = 0;
    /// Opens anew what a commit that failed has left: then writes are taken again, and what is read
    /// is what is durable. No transaction is open. After an error the store is of no more use.
    virtual Status reopen() = 0;
};

/// Erases up to `count` keys of a table, the first ones; whether there may be more.
Result<bool> eraseSome(WriteTxn& txn, const Table& table, std::size_t count);

/// Big-endian, so that keys sort as numbers.
std::array<std::uint8_t, 8> orderedKey(std::uint64_t number);
/// The number in the first 8 bytes of a key (fewer are read as they are).
std::uint64_t numberOfKey(ByteView key);

}  // namespace store
