#pragma once
// The client's end of a request that the server answers in clear: the genesis or changes of
// authority. What comes back is worth only as much as the signatures in it.

#include "transport/first_frame.h"

namespace transport {

using base::Status;

/// Without I/O, like a Channel: write takeOutput(), feed() what comes, finish() on end of file.
class ClearClient {
public:
    explicit ClearClient(ClearRequest request, VersionRange versions = {});

    /// Malformed or Limit for an answer that is not one; Refused or Unsupported for a refusal.
    Status feed(ByteView in);
    Bytes takeOutput() { return std::exchange(m_output, {}); }
    /// The answer once it is complete, at most kMessageBytesMax bytes.
    const std::optional<Bytes>& answer() const { return m_answer; }
    /// Cut if the answer is not complete.
    Status finish();

private:
    Status advance();

    Bytes m_output;
    Bytes m_input;
    std::optional<Bytes> m_answer;
    std::optional<base::Error> m_error;
};

}  // namespace transport
