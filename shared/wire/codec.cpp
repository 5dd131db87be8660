#include "wire/codec.h"

namespace wire {

Bytes toBytes(capnp::MessageBuilder& message) {
    auto segments = message.getSegmentsForOutput();
    if (segments.size() == 1) {
        auto body = segments[0].asBytes();
        Bytes out;
        out.reserve(8 + body.size());
        base::Writer(out)
            .u32(0)
            .u32(static_cast<std::uint32_t>(segments[0].size()))
            .raw({body.begin(), body.size()});
        return out;
    }
    // The first segment was too small: copy into one that holds all.
    capnp::MallocMessageBuilder whole(static_cast<unsigned>(message.sizeInWords() + 8),
                                      capnp::AllocationStrategy::GROW_HEURISTICALLY);
    whole.setRoot(message.getRoot<capnp::AnyPointer>().asReader());
    auto flat = capnp::messageToFlatArray(whole);
    auto bytes = flat.asBytes();
    return {bytes.begin(), bytes.end()};
}

Result<MessageSource> MessageSource::create(ByteView bytes) {
    auto malformed = [] {
        return fail(Code::Malformed, "a message that is not exactly one segment");
    };
    base::Reader in(bytes);
    std::uint32_t segments = in.u32();
    std::uint32_t words = in.u32();
    if (!in.ok() || segments != 0 || bytes.size() % sizeof(capnp::word) != 0 ||
        bytes.size() / sizeof(capnp::word) != std::size_t{words} + 1) {
        return malformed();
    }
    MessageSource source;
    std::size_t count = bytes.size() / sizeof(capnp::word);
    source.m_words = std::make_unique<capnp::word[]>(count);
    std::memcpy(source.m_words.get(), bytes.data(), bytes.size());
    capnp::ReaderOptions options;
    options.traversalLimitInWords = 2 * count;
    options.nestingLimit = 8;
    return guarded("the message", [&]() -> Result<MessageSource> {
        source.m_reader = std::make_unique<capnp::FlatArrayMessageReader>(
            kj::arrayPtr(source.m_words.get(), count), options);
        return std::move(source);
    });
}

bool Limits::takeReplaces(std::size_t count) {
    m_replaces += count;
    if (m_replaces > base::limits::kBodyReplacesMax) m_ok = false;
    return m_ok;
}

std::string Limits::text(capnp::Text::Reader text, std::size_t bytesMax) {
    std::string_view view(text.begin(), text.size());
    if (view.size() > bytesMax || view.find('\0') != std::string_view::npos ||
        !base::isUtf8(view)) {
        m_ok = false;
        return {};
    }
    return std::string(view);
}

Bytes Limits::data(capnp::Data::Reader data, std::size_t bytesMax) {
    if (data.size() > bytesMax) {
        m_ok = false;
        return {};
    }
    return {data.begin(), data.end()};
}

unsigned Limits::count(unsigned size, std::size_t countMax) {
    if (size <= countMax) return size;
    m_ok = false;
    return 0;
}

}  // namespace wire
