// The golden receipt: it verifies with its fingerprint alone, and no byte of it can be changed.

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include "verify/report.h"

using base::Bytes;
using verify::Json;
using verify::Language;

namespace {

struct Golden {
    Golden() {
        REQUIRE(crypto::initialise());
        std::ifstream in(GOLDEN_FOLDER "/receipt.json", std::ios::binary);
        REQUIRE(in);
        json = Json::parse(in);
        root = base::Hash::from(*base::fromHex(json["root"].get<std::string>()));
    }
    Json json;
    base::Hash root;
};

bool isGood(const Bytes& bytes, const base::Hash& root) {
    return verify::checkReceipt(bytes, root).has_value();
}

}  // namespace

TEST_CASE("golden: receipts are verified as committed, with the fingerprint alone") {
    Golden golden;
    REQUIRE(golden.json["accepts"].size() == 2);
    for (const Json& vector : golden.json["accepts"]) {
        INFO(vector["name"].get<std::string>());
        Bytes bytes = *base::fromHex(vector["bytes"].get<std::string>());
        auto checked = verify::checkReceipt(bytes, golden.root);
        REQUIRE(checked);
        Json told = verify::jsonOf(*checked, Language::Vietnamese);
        CHECK_FALSE(told["not_proven"].empty());
        CHECK(vector["expect"].size() > 10);
        // How it is worded may change, and more may be told.
        for (const auto& [key, expected] : vector["expect"].items()) {
            if (key == "not_proven" || key == "content") continue;
            INFO(key);
            CHECK(told[key] == expected);
        }
        bool isOpened = vector["name"] == "opened";
        CHECK(told["content"].is_null() != isOpened);
        if (isOpened) CHECK(told["content"]["changes"][0]["change"] == "noted");
        auto receipt = ledger::Receipt::decode(bytes);
        REQUIRE(receipt);
        CHECK(receipt->encode() == bytes);
    }
}

TEST_CASE("golden: a receipt with any byte changed, cut off or added is refused") {
    Golden golden;
    for (const Json& vector : golden.json["accepts"]) {
        const Bytes bytes = *base::fromHex(vector["bytes"].get<std::string>());
        REQUIRE(isGood(bytes, golden.root));
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            for (std::uint8_t flip : {0x01, 0x80}) {
                Bytes bad = bytes;
                bad[at] ^= flip;
                if (isGood(bad, golden.root)) FAIL("byte " << at << " may be changed");
            }
            Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
            if (isGood(cut, golden.root)) FAIL("it may be cut to " << at << " bytes");
        }
        for (std::uint8_t more : {0, 1, 0xFF}) {
            Bytes bad = bytes;
            bad.push_back(more);
            CHECK_FALSE(isGood(bad, golden.root));
        }
        base::Hash other = golden.root;
        for (std::size_t at = 0; at < base::Hash::kSize; ++at) {
            other.data[at] ^= 1;
            CHECK_FALSE(isGood(bytes, other));
            other.data[at] ^= 1;
        }
    }
}
