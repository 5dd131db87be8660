#include "transport/first_frame.h"

#include "base/limits.h"

namespace transport {
namespace {

using base::Code;
using base::fail;

constexpr std::string_view kMagic = "TSUO";

bool sizeAllowed(FirstFrame kind, std::size_t size) {
    switch (kind) {
        case FirstFrame::NoiseMessage2:
            return size <= kNoiseMessage2BytesMax;
        case FirstFrame::ClearAnswer:
            return size <= base::limits::kMessageBytesMax;
        case FirstFrame::Version:
            return size == 2;
        case FirstFrame::Key:
        case FirstFrame::Busy:
            return size == 0;
    }
    return false;
}

}  // namespace

Bytes Prologue::toWire() const {
    Bytes out;
    base::Writer(out)
        .raw(base::view(kMagic))
        .u8(versions.min)
        .u8(versions.max)
        .u8(static_cast<std::uint8_t>(request.kind))
        .u32(request.argument);
    return out;
}

bool Prologue::mayBegin(ByteView bytes) {
    std::string_view start = base::text(bytes.first(std::min(bytes.size(), kMagic.size())));
    return kMagic.substr(0, start.size()) == start;
}

Result<Prologue> Prologue::fromWire(ByteView bytes) {
    if (bytes.size() != kBytes || !mayBegin(bytes)) {
        return fail(Code::Malformed, "The connection does not begin like one of Thông Suốt's.");
    }
    base::Reader reader(bytes.subspan(kMagic.size()));
    Prologue prologue;
    prologue.versions.min = reader.u8();
    prologue.versions.max = reader.u8();
    std::uint8_t kind = reader.u8();
    prologue.request.argument = reader.u32();
    if (prologue.versions.min > prologue.versions.max) {
        return fail(Code::Malformed, "The connection names an impossible range of versions.");
    }
    // A request that a later version adds is refused by its version range before its kind matters.
    prologue.request.kind = static_cast<RequestKind>(kind);
    return prologue;
}

void writeFirstFrame(FirstFrame kind, ByteView payload, Bytes& out) {
    base::Writer(out)
        .u8(static_cast<std::uint8_t>(kind))
        .u32(static_cast<std::uint32_t>(payload.size()))
        .raw(payload);
}

Result<std::optional<FirstFrameHeader>> readFirstFrameHeader(ByteView in) {
    if (in.empty()) return std::optional<FirstFrameHeader>{};
    if (in[0] > static_cast<std::uint8_t>(FirstFrame::Busy)) {
        return fail(Code::Malformed, "The server does not answer like one of Thông Suốt's.");
    }
    if (in.size() < kFirstFrameHeaderBytes) return std::optional<FirstFrameHeader>{};
    base::Reader reader(in);
    FirstFrameHeader header{static_cast<FirstFrame>(reader.u8()), 0};
    header.size = reader.u32();
    if (!sizeAllowed(header.kind, header.size)) {
        return fail(Code::Limit, "The server's answer has a length that is not allowed.");
    }
    return header;
}

base::Error refusalError(FirstFrame kind, ByteView payload) {
    switch (kind) {
        case FirstFrame::Key:
            return {
                Code::Refused,
                "The server has another key than the one known here: it was changed, or this is "
                "another server."};
        case FirstFrame::Version:
            return {Code::Unsupported, "The server speaks versions " + std::to_string(payload[0]) +
                                           " to " + std::to_string(payload[1]) +
                                           " of the protocol, this program speaks version " +
                                           std::to_string(kProtocolVersion) +
                                           ": upgrade the older one."};
        case FirstFrame::Busy:
            return {Code::Refused, "The server is busy at the moment: try again in some minutes."};
        case FirstFrame::NoiseMessage2:
        case FirstFrame::ClearAnswer:
            break;
    }
    return {Code::Malformed, "The server answers something that was not asked for."};
}

std::optional<std::uint8_t> commonVersion(VersionRange a, VersionRange b) {
    std::uint8_t highest = std::min(a.max, b.max);
    if (highest < std::max(a.min, b.min)) return {};
    return highest;
}

}  // namespace transport
