#pragma once
// A zip file in memory, read under limits so that no archive unpacks into more than it should.

#include <memory>
#include <string>
#include "base/bytes.h"
#include "base/result.h"

struct zip;

namespace documents {

class Archive {
public:
    /// Borrows `bytes`. Malformed: no zip, or a damaged one.
    static base::Result<Archive> open(base::ByteView bytes);

    bool has(const std::string& part) const;
    /// Limit, or Malformed if it is missing, damaged, encrypted, or longer than it says.
    base::Result<std::string> read(const std::string& part);

private:
    struct Close {
        void operator()(zip* archive) const;
    };
    explicit Archive(zip* archive) : m_zip(archive) {}

    std::unique_ptr<zip, Close> m_zip;
    std::size_t m_bytesRead = 0;
};

}  // namespace documents
