#pragma once
// Reading and writing of single Cap'n Proto messages under the project's limits. Only shared/wire
// includes this file.

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/exception.h>
#include <memory>
#include <new>
#include <optional>
#include "base/bytes.h"
#include "base/limits.h"
#include "base/text.h"

namespace wire {

using base::Bytes;
using base::ByteView;
using base::Code;
using base::fail;
using base::Result;

Bytes toBytes(capnp::MessageBuilder& message);

/// An aligned copy of one message, with explicit traversal and nesting limits.
class MessageSource {
public:
    /// Malformed unless the bytes are exactly one message of one segment.
    static Result<MessageSource> create(ByteView bytes);
    capnp::MessageReader& reader() { return *m_reader; }

private:
    std::unique_ptr<capnp::word[]> m_words;
    std::unique_ptr<capnp::FlatArrayMessageReader> m_reader;
};

inline ByteView viewOf(capnp::Data::Reader data) {
    return {data.begin(), data.size()};
}
inline capnp::Data::Reader dataOf(ByteView bytes) {
    return {bytes.data(), bytes.size()};
}

/// Collects the first violation, so that a decoder reads straight on and asks once.
class Limits {
public:
    template <class Id>
    Id fixed(capnp::Data::Reader data) {
        if (data.size() != Id::kSize) {
            m_ok = false;
            return {};
        }
        return Id::from(viewOf(data));
    }
    std::string text(capnp::Text::Reader text, std::size_t bytesMax);
    Bytes data(capnp::Data::Reader data, std::size_t bytesMax);
    /// 0 if over the limit.
    unsigned count(unsigned size, std::size_t countMax);
    /// Counts what all writes of one body displace; false once it is too much.
    bool takeReplaces(std::size_t count);
    void failHere() { m_ok = false; }
    bool ok() const { return m_ok; }

private:
    bool m_ok = true;
    std::size_t m_replaces = 0;
};

/// Runs a decoder; kj exceptions do not leave this folder. Want of memory does, as std::bad_alloc:
/// the bytes may be sound, and whoever was told otherwise would keep that verdict.
template <class F>
auto guarded(const char* what, F&& decode) -> decltype(decode()) {
    try {
        return decode();
    } catch (const kj::Exception& exception) {
        if (exception.getType() == kj::Exception::Type::OVERLOADED) throw std::bad_alloc();
        return fail(Code::Malformed, std::string(what) + " cannot be decoded");
    }
}

}  // namespace wire
