#include "store/recovery_code.h"
#include <algorithm>
#include "store_fixtures.h"

using base::Code;
using namespace store;
using namespace store::test;

namespace {

bool isSame(const Result<RecoveryCode>& read, const RecoveryCode& code) {
    return read && crypto::equalConstantTime(read->secret.view(), code.secret.view());
}

}  // namespace

TEST_CASE("recovery code: eight groups of four, read again however it is typed") {
    SeededRandom random{3};
    const RecoveryCode code = RecoveryCode::random(random);
    const std::string text = code.text();
    REQUIRE(text.size() == 39);
    CHECK(std::count(text.begin(), text.end(), '-') == 7);
    CHECK(isSame(RecoveryCode::parse(text), code));
    std::string lower = text, bare = text, spaced = text;
    std::transform(text.begin(), text.end(), lower.begin(), ::tolower);
    std::erase(bare, '-');
    std::replace(spaced.begin(), spaced.end(), '-', ' ');
    CHECK(isSame(RecoveryCode::parse(lower), code));
    CHECK(isSame(RecoveryCode::parse(bare), code));
    CHECK(isSame(RecoveryCode::parse(" " + spaced + "\r\n"), code));
}

TEST_CASE("recovery code: its text is what PROTOCOL's base32 of secret and check says") {
    const RecoveryCode code{
        crypto::Secret<16>::from(Bytes{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})};
    Bytes whole = base::copy(code.secret.view());
    const base::Hash check = crypto::hash("ts-recovery", {code.secret.view()});
    base::Writer(whole).raw(check.view().first(4));
    std::string text = code.text();
    std::erase(text, '-');
    CHECK(text == base::toBase32(whole));
}

TEST_CASE("recovery code: any letter mistyped and any two neighbours exchanged are found") {
    SeededRandom random{4};
    const std::string text = RecoveryCode::random(random).text();
    const std::string letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '-') continue;
        for (const char letter : letters) {
            std::string typed = text;
            typed[i] = letter;
            if (typed == text) continue;
            const auto read = RecoveryCode::parse(typed);
            REQUIRE(codeOf(read) == Code::InvalidInput);
            CHECK(read.error().message.find("mistyped") != std::string::npos);
        }
        std::string exchanged = text;
        const std::size_t next = i + 1 < text.size() && text[i + 1] == '-' ? i + 2 : i + 1;
        if (next >= text.size() || text[next] == text[i]) continue;
        std::swap(exchanged[i], exchanged[next]);
        CHECK(codeOf(RecoveryCode::parse(exchanged)) == Code::InvalidInput);
    }
}

TEST_CASE("recovery code: what is no whole code is said to be none") {
    SeededRandom random{5};
    const std::string text = RecoveryCode::random(random).text();
    for (const std::string& typed :
         {std::string(), std::string("abc"), text.substr(0, 38), text + "0", text.substr(5),
          std::string(32, 'U'), std::string(300, '0'), std::string(32, '\0'), text + "\xFF"}) {
        CHECK(codeOf(RecoveryCode::parse(typed)) == Code::InvalidInput);
    }
}
