// Trains dictionary 1 and prints the rows of shared/wire/dictionary_1.inc. With libzstd 1.5.4 (Debian 12) the output is
// the committed file, byte for byte; another libzstd may choose other bytes, which is why the file is committed and never
// made again:
//
//   cmake --build build --target thongsuot-train-dictionary
//   build/tests/bench/thongsuot-train-dictionary | cmp - shared/wire/dictionary_1.inc

#define ZDICT_STATIC_LINKING_ONLY
#include <cstdio>
#include <zdict.h>
#include "sample_changes.h"
#include "wire/body.h"

namespace {

constexpr std::size_t kSamples = 40'000;
constexpr std::size_t kDictionaryBytes = 48 * 1024;
constexpr int kLevel = 12;
constexpr std::uint64_t kSeed = 20'261'101;

base::Bytes train() {
    bench::SampleChanges samples(kSeed);
    base::Bytes all;
    std::vector<std::size_t> sizes;
    for (std::size_t i = 0; i < kSamples; ++i) {
        std::vector<domain::Change> act = samples.act();
        base::Bytes body = wire::encodeBody(act);
        all.insert(all.end(), body.begin(), body.end());
        sizes.push_back(body.size());
    }
    ZDICT_cover_params_t params{};
    params.k = 64;
    params.d = 8;
    params.zParams.compressionLevel = kLevel;
    base::Bytes out(kDictionaryBytes);
    std::size_t size = ZDICT_trainFromBuffer_cover(out.data(), out.size(), all.data(), sizes.data(), kSamples, params);
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
