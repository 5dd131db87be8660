#define ZSTD_STATIC_LINKING_ONLY  // for the magicless format, stable since zstd 1.3.2
#include "wire/compress.h"
#include <zstd.h>
#include <map>
#include <memory>
#include <new>
#include "wire/dictionary.h"

namespace wire {
namespace {

using base::Bytes;
using base::ByteView;
using base::Code;
using base::fail;

template <auto F>
struct Free {
    template <class T>
    void operator()(T* p) const {
        F(p);
    }
};
using Compressor = std::unique_ptr<ZSTD_CCtx, Free<ZSTD_freeCCtx>>;
using Decompressor = std::unique_ptr<ZSTD_DCtx, Free<ZSTD_freeDCtx>>;
using CompressDictionary = std::unique_ptr<ZSTD_CDict, Free<ZSTD_freeCDict>>;
using DecompressDictionary = std::unique_ptr<ZSTD_DDict, Free<ZSTD_freeDDict>>;

/// Without memory zstd makes nothing. A frame that is not there must pass neither for an empty one
/// nor for a damaged one.
template <class T>
T* made(T* thing) {
    if (thing == nullptr) throw std::bad_alloc();
    return thing;
}

// Digested dictionaries and contexts are kept per thread: making one costs more than compressing
// one act.
ZSTD_CCtx* compressor(int level, std::uint8_t dictionary) {
    thread_local Compressor context;
    if (!context) context.reset(made(ZSTD_createCCtx()));
    thread_local std::map<std::pair<int, std::uint8_t>, CompressDictionary> digested;
    ZSTD_CCtx_reset(context.get(), ZSTD_reset_session_and_parameters);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_format, ZSTD_f_zstd1_magicless);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 1);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 0);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_dictIDFlag, 0);
    if (dictionary == 0) return context.get();
    CompressDictionary& slot = digested[{level, dictionary}];
    if (!slot) {
        ByteView raw = dictionaryBytes(dictionary);
        slot.reset(made(ZSTD_createCDict(raw.data(), raw.size(), level)));
    }
    ZSTD_CCtx_refCDict(context.get(), slot.get());
    return context.get();
}

/// A context at the beginning of a frame.
ZSTD_DCtx* decompressor(std::uint8_t dictionary) {
    thread_local Decompressor context;
    thread_local DecompressDictionary digested[kDictionaryNewest + 1];
    if (!context) context.reset(made(ZSTD_createDCtx()));
    ZSTD_DCtx_reset(context.get(), ZSTD_reset_session_and_parameters);
    ZSTD_DCtx_setParameter(context.get(), ZSTD_d_format, ZSTD_f_zstd1_magicless);
    auto& slot = digested[dictionary];
    if (dictionary != 0 && !slot) {
        ByteView raw = dictionaryBytes(dictionary);
        slot.reset(made(ZSTD_createDDict(raw.data(), raw.size())));
    }
    ZSTD_decompressBegin_usingDDict(context.get(), slot.get());
    return context.get();
}

/// Unpacks one frame, block by block; false unless it fills `out` and ends where its bytes end.
bool unpack(ZSTD_DCtx* context, ByteView frame, Bytes& out) {
    std::size_t produced = 0;
    while (std::size_t size = ZSTD_nextSrcSizeToDecompress(context)) {
        if (size > frame.size()) return false;
        std::size_t more = ZSTD_decompressContinue(context, out.data() + produced,
                                                   out.size() - produced, frame.data(), size);
        if (ZSTD_isError(more) != 0) return false;
        frame = frame.subspan(size);
        produced += more;
    }
    return frame.empty() && produced == out.size();
}

}  // namespace

Bytes compress(ByteView plain, int level, std::uint8_t dictionary) {
    Bytes out(ZSTD_compressBound(plain.size()));
    std::size_t size = ZSTD_compress2(compressor(level, dictionary), out.data(), out.size(),
                                      plain.data(), plain.size());
    // The room suffices for anything: what is missing is memory.
    if (ZSTD_isError(size) != 0) throw std::bad_alloc();
    out.resize(size);
    return out;
}

base::Result<Bytes> decompress(ByteView frame, std::uint8_t dictionary, std::size_t sizeMax) {
    if (dictionary > kDictionaryNewest) {
        return fail(Code::Unsupported,
                    "a body uses a dictionary of a newer version; update this program");
    }
    ZSTD_frameHeader header;
    if (ZSTD_getFrameHeader_advanced(&header, frame.data(), frame.size(), ZSTD_f_zstd1_magicless) !=
            0 ||
        header.frameContentSize == ZSTD_CONTENTSIZE_UNKNOWN || header.frameType != ZSTD_frame ||
        header.checksumFlag != 0 || header.dictID != 0) {
        return fail(Code::Malformed, "a body is not a plain frame with its size");
    }
    if (header.frameContentSize > sizeMax)
        return fail(Code::Limit, "a body unpacks to more than is allowed");
    Bytes out(static_cast<std::size_t>(header.frameContentSize));
    if (!unpack(decompressor(dictionary), frame, out))
        return fail(Code::Malformed, "a body cannot be unpacked");
    return out;
}

}  // namespace wire
