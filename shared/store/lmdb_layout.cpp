#include "store/lmdb_layout.h"
#include <unistd.h>
#include "base/bytes.h"

namespace store {
namespace {

using base::Bytes;

constexpr std::uint16_t kBranch = 1, kLeaf = 2, kOverflow = 4;
constexpr std::uint16_t kBigData = 1;
constexpr std::size_t kPageHeaderBytes = 16, kNodeHeaderBytes = 8;
constexpr std::uint64_t kNoRoot = ~std::uint64_t{0};
constexpr int kDepthMax = 32;  // LMDB's own limit for cursors

/// Collects the free pages behind the end of the file. Every read is bounded; any oddity ends it
/// with false.
class FreeListReader {
public:
    explicit FreeListReader(const DataFile& file)
        : m_file(file), m_filePages(file.fileBytes / file.pageBytes) {}

    bool walk(std::uint64_t page, int depth) {
        if (depth > kDepthMax || ++m_visited > m_filePages) return false;
        Bytes bytes;
        if (!read(page, 1, bytes)) return false;
        const auto flags = number<std::uint16_t>(bytes, 10);
        const auto lower = number<std::uint16_t>(bytes, 12);
        if (lower < kPageHeaderBytes || lower > bytes.size()) return false;
        for (std::size_t at = kPageHeaderBytes; at + 2 <= lower; at += 2) {
            const std::size_t node = number<std::uint16_t>(bytes, at);
            if (node + kNodeHeaderBytes > bytes.size()) return false;
            if (flags & kBranch) {
                if (!walk(child(bytes, node), depth + 1)) return false;
            } else if (!(flags & kLeaf) || !takeLeaf(bytes, node)) {
                return false;
            }
        }
        return true;
    }

    bool coversTail() {
        std::sort(m_tail.begin(), m_tail.end());
        m_tail.erase(std::unique(m_tail.begin(), m_tail.end()), m_tail.end());
        return m_tail.size() == m_file.lastPage + 1 - m_filePages;
    }

    /// The root of the free list in the newer of the two meta pages.
    bool findRoot(std::uint64_t& root) {
        Bytes first, second;
        if (!read(0, 1, first) || !read(1, 1, second)) return false;
        const bool newer = meta(second, 128) > meta(first, 128);
        const Bytes& chosen = newer ? second : first;
        root = meta(chosen, 64);
        return meta(chosen, 120) == m_file.lastPage;
    }

private:
    template <class T>
    static T number(const Bytes& bytes, std::size_t at) {
        T value;
        std::memcpy(&value, bytes.data() + at, sizeof value);
        return value;
    }
    static std::uint64_t meta(const Bytes& page, std::size_t at) {
        return number<std::uint64_t>(page, kPageHeaderBytes + at);
    }
    static std::uint64_t child(const Bytes& page, std::size_t node) {
        return number<std::uint16_t>(page, node) |
               std::uint64_t{number<std::uint16_t>(page, node + 2)} << 16 |
               std::uint64_t{number<std::uint16_t>(page, node + 4)} << 32;
    }

    bool read(std::uint64_t page, std::uint64_t pages, Bytes& out) {
        if (page >= m_filePages || pages > m_filePages - page) return false;
        out.resize(pages * m_file.pageBytes);
        const ssize_t n =
            ::pread(m_file.fd, out.data(), out.size(), static_cast<off_t>(page * m_file.pageBytes));
        return n >= 0 && static_cast<std::size_t>(n) == out.size();
    }

    bool takeLeaf(const Bytes& page, std::size_t node) {
        const std::uint64_t size = number<std::uint16_t>(page, node) |
                                   std::uint64_t{number<std::uint16_t>(page, node + 2)} << 16;
        const std::size_t data = node + kNodeHeaderBytes + number<std::uint16_t>(page, node + 6);
        if (!(number<std::uint16_t>(page, node + 4) & kBigData)) {
            return data + size <= page.size() && takeList(page, data, size);
        }
        if (data + 8 > page.size()) return false;
        Bytes overflow;
        const std::uint64_t pages = (kPageHeaderBytes + size - 1) / m_file.pageBytes + 1;
        if (!read(number<std::uint64_t>(page, data), pages, overflow)) return false;
        return (number<std::uint16_t>(overflow, 10) & kOverflow) &&
               takeList(overflow, kPageHeaderBytes, size);
    }

    bool takeList(const Bytes& bytes, std::size_t at, std::uint64_t size) {
        if (size < 8 || size % 8 != 0) return false;
        const auto count = number<std::uint64_t>(bytes, at);
        if (count > size / 8 - 1) return false;
        for (std::uint64_t i = 1; i <= count; ++i) {
            const auto page = number<std::uint64_t>(bytes, at + 8 * i);
            if (page > m_file.lastPage) return false;
            if (page >= m_filePages) m_tail.push_back(page);
        }
        return true;
    }

    const DataFile& m_file;
    std::uint64_t m_filePages;  // whole pages in the file
    std::uint64_t m_visited = 0;
    std::vector<std::uint64_t> m_tail;
};

}  // namespace

bool isWhole(const DataFile& file) {
    if (file.fileBytes / file.pageBytes > file.lastPage) return true;
    FreeListReader reader(file);
    std::uint64_t root = kNoRoot;
    return reader.findRoot(root) && root != kNoRoot && reader.walk(root, 0) && reader.coversTail();
}

}  // namespace store
