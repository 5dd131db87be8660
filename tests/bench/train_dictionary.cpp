// Trains dictionary 1 and prints the rows of shared/wire/dictionary_1.inc. With libzstd 1.5.4
// (Debian 12) the output is the committed file, byte for byte; another libzstd may choose other
// bytes, which is why the file is committed and never made again:
//
//   cmake --build build --target thongsuot-train-dictionary
//   build/tests/bench/thongsuot-train-dictionary | cmp - shared/wire/dictionary_1.inc

#define ZDICT_STATIC_LINKING_ONLY
#include <zdict.h>
#include <cstdio>
#include "sample_changes.h"
#include "sample_text.h"
#include "wire/body.h"
#include "wire/compress.h"

namespace {

constexpr std::size_t kSamples = 40'000;
constexpr std::size_t kDictionaryBytes = 64 * 1024;
constexpr std::size_t kTablesBytes =
    256;  // room for zstd's header and entropy tables; what is not used stays out
constexpr std::uint64_t kSeed = 20'261'101;

struct Samples {
    base::Bytes bytes;
    std::vector<std::size_t> sizes;
};

Samples makeSamples() {
    bench::SampleChanges changes(kSeed);
    Samples out;
    for (std::size_t i = 0; i < kSamples; ++i) {
        std::vector<domain::Change> act = changes.act();
        base::Bytes body = wire::encodeBody(act);
        out.bytes.insert(out.bytes.end(), body.begin(), body.end());
        out.sizes.push_back(body.size());
    }
    return out;
}

/// The stretches of the samples that save most, the best ones last; without zstd's header and
/// tables.
base::Bytes bestStretches(const Samples& samples) {
    ZDICT_fastCover_params_t params{};
    params.k =
        512;  // a stretch holds about one whole change: its layout repeats more than any text
    params.d = 8;
    params.f = 20;
    params.accel = 1;
    params.zParams.compressionLevel = wire::kBodyLevel;
    base::Bytes out(kDictionaryBytes);
    std::size_t size = ZDICT_trainFromBuffer_fastCover(out.data(), out.size(), samples.bytes.data(),
                                                       samples.sizes.data(), kSamples, params);
    if (ZDICT_isError(size) != 0) return {};
    std::size_t header = ZDICT_getDictHeaderSize(out.data(), size);
    return {out.begin() + static_cast<std::ptrdiff_t>(header),
            out.begin() + static_cast<std::ptrdiff_t>(size)};
}

/// Frequent syllables, for words that no sample holds, and behind them as many of the best
/// stretches as there is room for.
base::Bytes train() {
    Samples samples = makeSamples();
    base::Bytes stretches = bestStretches(samples);
    base::Bytes content;
    for (std::string_view syllable : bench::syllables()) {
        base::Writer(content).raw(base::view(" ")).raw(base::view(syllable));
    }
    std::size_t room = std::min(kDictionaryBytes - kTablesBytes - content.size(), stretches.size());
    content.insert(content.end(), stretches.end() - static_cast<std::ptrdiff_t>(room),
                   stretches.end());
    ZDICT_params_t params{};
    params.compressionLevel = wire::kBodyLevel;
    base::Bytes out(kDictionaryBytes);
    std::size_t size =
        ZDICT_finalizeDictionary(out.data(), out.size(), content.data(), content.size(),
                                 samples.bytes.data(), samples.sizes.data(), kSamples, params);
    if (ZDICT_isError(size) != 0) return {};
    out.resize(size);
    return out;
}

}  // namespace

int main() {
    base::Bytes dictionary = train();
    if (dictionary.empty()) {
        std::fputs("the samples do not make a dictionary\n", stderr);
        return 1;
    }
    std::size_t column = 0;
    for (std::uint8_t byte : dictionary) {
        column += static_cast<std::size_t>(std::printf("%u,", byte));
        if (column < 95) continue;
        std::fputs("\n", stdout);
        column = 0;
    }
    std::fputs("\n", stdout);
    return 0;
}
