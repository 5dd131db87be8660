#pragma once
// The Store in memory, for the simulator and for tests: the same rules as on disk, plus failures on
// demand.

#include <map>
#include <memory>
#include "store/rules.h"

namespace store {

/// What a commit that reports an error really did.
enum class FailedCommit { Lost, Kept };

/// Committed state is immutable and shared: a reader or a clone holds the maps that it saw, and a
/// commit copies only those tables that somebody still holds. Any table may be used; it is empty
/// until written. "Durable" means: as long as the object. Thread-safe like any Store; clones share
/// one mutex.
class MemoryStore final : public Store {
public:
    MemoryStore();
    ~MemoryStore() override;
    Result<std::unique_ptr<ReadTxn>> read() override;
    Result<std::unique_ptr<WriteTxn>> write() override;

    /// The backup image: a new store with the committed state, without uncommitted changes or
    /// planned failures.
    std::unique_ptr<MemoryStore> clone() const;
    /// The next commit returns Io, after which writes are refused until reopen(), as on disk.
    void failNextCommit(FailedCommit outcome);
    /// While full, put() and append() fail; erase() and commit() work, as on disk.
    void setFull(bool isFull);
    bool isFull() const;
    Result<bool> hasRoom() override;
    Status reopen() override;

    struct Shared;

private:
    explicit MemoryStore(std::unique_ptr<Shared> shared);
    std::unique_ptr<Shared> m_shared;
};

}  // namespace store
