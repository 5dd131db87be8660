#pragma once
// Space kept back on the disk of a store, given up when the disk is full, so that work can still be
// deleted.
//
// The file "ballast" also marks that a store was completed in this folder: it is made after the
// first commit and emptied when given up, never removed. A folder with a ballast but no data has
// lost its data.

#include <atomic>
#include "store/files.h"

namespace store {

inline constexpr std::uint64_t kBallastBytes = 8 * 1024 * 1024;

/// Thread-safe.
class Ballast {
public:
    explicit Ballast(Path folder);
    bool exists() const;
    bool isWhole() const { return m_whole; }
    /// Makes the file if there is none (an error), and fills it if the disk allows (no error if
    /// not).
    Status fill();
    /// Frees the space, as far as the disk lets us.
    void giveUp();

private:
    Path m_path;
    std::atomic<bool> m_whole;
};

}  // namespace store
