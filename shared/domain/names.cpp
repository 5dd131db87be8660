#include "domain/names.h"
#include <algorithm>

namespace domain {
namespace {

constexpr std::string_view kOnsets[16] = {"b", "ch", "d",  "đ", "g", "h",  "kh", "l",
                                          "m", "n",  "ph", "s", "t", "th", "v",  "x"};
constexpr std::string_view kRhymes[16] = {"a",  "an", "ang", "ao", "âm", "ân", "e", "en",
                                          "êm", "i",  "inh", "o",  "ôn", "ơi", "u", "ung"};

ObjectId objectId(std::string_view tag, std::initializer_list<ByteView> parts) {
    return ObjectId::from(crypto::hash(tag, parts).view());
}

}  // namespace

ProvinceId provinceIdOf(ByteView genesisBody) {
    return ProvinceId::from(crypto::hash("ts-genesis", {genesisBody}).view());
}

DeviceId deviceIdOf(const ProvinceId& province, const base::PublicKey& key) {
    return DeviceId::from(crypto::hash("ts-device", {province.view(), key.view()}).view());
}

ScopeId scopeIdOf(const ProvinceId& province, std::string_view unitCode) {
    return ScopeId::from(crypto::hash("ts-scope", {province.view(), base::view(unitCode)}).view());
}

ObjectId documentIdOf(std::string_view documentKey) {
    return objectId("ts-document", {base::view(documentKey)});
}

ObjectId taskIdOf(std::string_view documentKey, std::string_view content,
                  std::uint32_t occurrence) {
    const std::uint8_t zero[1] = {0};
    base::Bytes number;
    base::Writer(number).u32(occurrence);
    return objectId("ts-task", {base::view(documentKey), zero, base::view(content), zero, number});
}

ObjectId assignmentIdOf(const ObjectId& task, const ScopeId& scope) {
    return objectId("ts-assignment", {task.view(), scope.view()});
}

ObjectId noteIdOf(const Hash& entryHash, std::uint32_t changeIndex) {
    base::Bytes number;
    base::Writer(number).u32(changeIndex);
    return objectId("ts-note", {entryHash.view(), number});
}

std::string fingerprintWords(const Hash& hash) {
    std::string out;
    for (std::size_t i = 0; i < 6; ++i) {
        if (i > 0) out += ' ';
        out += kOnsets[hash.data[i] >> 4];
        out += kRhymes[hash.data[i] & 15];
    }
    return out;
}

Hash authorityFingerprint(std::uint8_t threshold, std::vector<base::PublicKey> keys) {
    std::sort(keys.begin(), keys.end());
    crypto::Hasher h("ts-authority");
    h.u8(threshold);
    for (const auto& key : keys) h.add(key.view());
    return h.finish();
}

Hash deviceFingerprint(const ProvinceId& province, const base::PublicKey& key,
                       const base::ExchangeKey& exchangeKey) {
    return crypto::hash("ts-device", {province.view(), key.view(), exchangeKey.view()});
}

}  // namespace domain
