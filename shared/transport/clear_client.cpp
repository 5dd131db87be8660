#include "transport/clear_client.h"

namespace transport {

using base::Code;
using base::fail;

ClearClient::ClearClient(ClearRequest request, VersionRange versions)
    : m_output(Prologue{versions, request}.toWire()) {}

Status ClearClient::feed(ByteView in) {
    if (m_error) return tl::unexpected<base::Error>(*m_error);
    m_input.insert(m_input.end(), in.begin(), in.end());
    Status status = advance();
    if (!status) m_error = status.error();
    return status;
}

Status ClearClient::advance() {
    if (m_answer) {
        if (m_input.empty()) return {};
        return fail(Code::Malformed, "The server's answer goes on after its end.");
    }
    std::optional<FirstFrameHeader> header;
    TRY(header, readFirstFrameHeader(m_input));
    if (!header) return {};
    if (header->kind == FirstFrame::NoiseMessage2) {
        return fail(Code::Malformed, "The server answers something that was not asked for.");
    }
    std::size_t frameBytes = kFirstFrameHeaderBytes + header->size;
    if (m_input.size() < frameBytes) return {};
    if (m_input.size() > frameBytes) {
        return fail(Code::Malformed, "The server's answer goes on after its end.");
    }
    ByteView payload = ByteView(m_input).subspan(kFirstFrameHeaderBytes);
    if (header->kind != FirstFrame::ClearAnswer) {
        return tl::unexpected<base::Error>(refusalError(header->kind, payload));
    }
    m_answer = base::copy(payload);
    m_input.clear();
    return {};
}

Status ClearClient::finish() {
    if (m_error) return tl::unexpected<base::Error>(*m_error);
    if (m_answer) return {};
    return fail(Code::Cut, "The connection to the server was cut before its answer was complete.");
}

}  // namespace transport
