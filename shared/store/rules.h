#pragma once
// What both stores enforce in the same way: key sizes, table ids, one writer at a time.

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include "store/store.h"

namespace store {

/// Limit unless the key has 1 to kKeyBytesMax bytes; Internal for table 0.
Status checkKey(const Table& table, ByteView key);
bool startsWith(ByteView key, ByteView prefix);
/// The least key greater than every key that starts with `prefix`; empty if there is no such bound.
Bytes endOfPrefix(ByteView prefix);

base::Error errorEnded();       // use of a transaction after commit()
base::Error errorScanning();    // a visitor changes what it scans
base::Error errorOutOfOrder();  // append of a key that is not the greatest
base::Error errorReopen();      // a write after a commit that failed

/// The right to write, held by one transaction at a time. Thread-safe.
class WriterTurn {
public:
    /// Gives the turn back when it goes.
    class Held {
    public:
        Held() = default;
        explicit Held(WriterTurn& turn) : m_turn(&turn) {}
        Held(Held&& other) noexcept : m_turn(std::exchange(other.m_turn, nullptr)) {}
        Held& operator=(Held&& other) noexcept {
            std::swap(m_turn, other.m_turn);
            return *this;
        }
        ~Held() { release(); }
        void release();

    private:
        WriterTurn* m_turn = nullptr;
    };

    /// Waits for the writer of another thread; Internal if this thread is the writer.
    Result<Held> take();

private:
    std::mutex m_mutex;
    std::condition_variable m_free;
    std::thread::id m_owner;  // the default id: nobody
};

}  // namespace store
