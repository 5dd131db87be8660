#include "domain/invitation.h"
#include <catch2/catch.hpp>
#include <cctype>
#include "../base/seeded_random.h"

using base::Bytes;
using base::Code;
using domain::BootstrapToken;
using domain::Invitation;
using domain::InvitationKeys;
using domain::InvitationSecret;
using test::SeededRandom;

namespace {

constexpr std::string_view kLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

Invitation makeInvitation(std::uint64_t seed) {
    SeededRandom random(seed);
    Invitation out;
    out.secret = InvitationSecret::random(random);
    out.province = random.make<base::ProvinceId>();
    out.serverKey = random.make<base::ExchangeKey>();
    out.address = "dongbo.songtrang.example:7443";
    out.expiry = 1'767'200'000'000;
    return out;
}

BootstrapToken makeToken(std::uint64_t seed) {
    SeededRandom random(seed);
    BootstrapToken out;
    out.noiseKey = random.make<base::ExchangeKey>();
    out.headKey = random.make<base::PublicKey>();
    out.secret = crypto::Secret<16>::random(random);
    out.address = "127.0.0.1:7443";
    return out;
}

bool sameSecret(const InvitationSecret& a, const InvitationSecret& b) {
    return crypto::equalConstantTime(a.view(), b.view());
}

/// Each letter replaced by each other one, and each pair of neighbours exchanged.
template <class Check>
void forEachTypo(const std::string& code, Check check) {
    for (std::size_t i = 0; i < code.size(); ++i) {
        std::string typed = code;
        for (char letter : kLetters) {
            if (letter == code[i]) continue;
            typed[i] = letter;
            check(typed);
        }
        typed[i] = code[i];
        if (i + 1 == code.size() || code[i] == code[i + 1]) continue;
        std::swap(typed[i], typed[i + 1]);
        check(typed);
    }
}

std::string lowerCaseInGroups(const std::string& code) {
    std::string out;
    for (std::size_t i = 0; i < code.size(); ++i) {
        if (i > 0 && i % 8 == 0) out += i % 16 == 0 ? "\n " : "-";
        out += static_cast<char>(std::tolower(static_cast<unsigned char>(code[i])));
    }
    return out;
}

}  // namespace

TEST_CASE("invitation: the long code says all, in any case and grouping") {
    Invitation invitation = makeInvitation(1);
    std::string code = invitation.longCode();
    for (const std::string& typed : {code, lowerCaseInGroups(code), "  " + code + "\r\n"}) {
        auto read = Invitation::parse(typed);
        REQUIRE(read);
        CHECK(sameSecret(read->secret, invitation.secret));
        CHECK((read->province == invitation.province));
        CHECK((read->serverKey == invitation.serverKey));
        CHECK(read->address == invitation.address);
        CHECK(read->expiry == invitation.expiry);
    }
}

TEST_CASE("invitation: a long code with any one letter mistyped, exchanged or missing is refused") {
    std::string code = makeInvitation(2).longCode();
    forEachTypo(code, [](const std::string& typed) {
        INFO(typed);
        auto read = Invitation::parse(typed);
        REQUIRE_FALSE(read);
        CHECK(read.error().code == Code::InvalidInput);
    });
    for (std::size_t size = 0; size < code.size(); ++size) {
        INFO("first " << size << " letters");
        auto read = Invitation::parse(code.substr(0, size));
        // 26 letters whose last two bits are zero are a short code; its tie tells it apart.
        CHECK((!read || (size == 26 && !read->province)));
    }
}

TEST_CASE("invitation: the short code is 26 letters of the secret alone") {
    for (std::uint64_t seed = 1; seed < 50; ++seed) {
        Invitation invitation = makeInvitation(seed);
        std::string code = invitation.shortCode();
        CHECK(code.size() == 26 + 4);
        CHECK(std::count(code.begin(), code.end(), '-') == 4);
        auto read = Invitation::parse(lowerCaseInGroups(code));
        REQUIRE(read);
        CHECK(sameSecret(read->secret, invitation.secret));
        CHECK_FALSE(read->province);
    }
}

TEST_CASE("invitation: a short code of another length or with a strange letter is refused") {
    std::string code = makeInvitation(3).shortCode();
    CHECK_FALSE(Invitation::parse(code.substr(1)));
    CHECK_FALSE(Invitation::parse(code + "00"));
    CHECK_FALSE(Invitation::parse(""));
    CHECK_FALSE(Invitation::parse("not a code!"));
    std::string strange = code;
    strange[3] = 'U';
    CHECK_FALSE(Invitation::parse(strange));
    CHECK_FALSE(Invitation::parse(std::string(100'000, '0')));
}

TEST_CASE("invitation: a code of a newer version says so, one that runs over is refused") {
    Invitation invitation = makeInvitation(4);
    auto bytes = base::fromBase32(invitation.longCode());
    REQUIRE(bytes);
    auto recoded = [](Bytes body) {
        base::Hash check = crypto::hash("ts-check", {body});
        base::Writer(body).raw(check.view().first(4));
        return base::toBase32(body);
    };
    Bytes body(bytes->begin(), bytes->end() - 4);
    REQUIRE(Invitation::parse(recoded(body)));
    Bytes newer = body;
    newer[0] = 2;
    auto read = Invitation::parse(recoded(newer));
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Code::Unsupported);
    Bytes longer = body;
    longer.push_back('x');
    CHECK_FALSE(Invitation::parse(recoded(longer)));
    Bytes shorter = body;
    shorter.pop_back();
    CHECK_FALSE(Invitation::parse(recoded(shorter)));
    Bytes notText = body;
    notText.back() = 0xFF;
    CHECK_FALSE(Invitation::parse(recoded(notText)));
}

TEST_CASE("invitation: number, key and tie follow from the secret") {
    SeededRandom random(5);
    auto secret = InvitationSecret::random(random);
    auto keys = InvitationKeys::derive(secret);
    auto again = InvitationKeys::derive(secret);
    CHECK((keys.key.publicKey == again.key.publicKey));
    CHECK((keys.number == base::InvitationNumber::from(
                              crypto::hash("ts-invite", {keys.key.publicKey.view()}).view())));
    auto province = random.make<base::ProvinceId>();
    CHECK((keys.tie(province, "X01") == again.tie(province, "X01")));
    CHECK((keys.tie(province, "X01") != keys.tie(province, "X02")));
    CHECK((keys.tie(province, "X01") != keys.tie(random.make<base::ProvinceId>(), "X01")));
    auto other = InvitationKeys::derive(InvitationSecret::random(random));
    CHECK((other.number != keys.number));
    CHECK((other.tie(province, "X01") != keys.tie(province, "X01")));
}

TEST_CASE("bootstrap token: it comes back, and with any letter mistyped it does not") {
    BootstrapToken token = makeToken(6);
    std::string code = token.code();
    auto read = BootstrapToken::parse(lowerCaseInGroups(code));
    REQUIRE(read);
    CHECK((read->noiseKey == token.noiseKey));
    CHECK((read->headKey == token.headKey));
    CHECK(read->address == token.address);
    SeededRandom random(7);
    auto province = random.make<base::ProvinceId>();
    CHECK((read->mac(province) == token.mac(province)));
    CHECK((read->mac(random.make<base::ProvinceId>()) != token.mac(province)));
    forEachTypo(code, [](const std::string& typed) { CHECK_FALSE(BootstrapToken::parse(typed)); });
    for (std::size_t size = 0; size < code.size(); ++size) {
        CHECK_FALSE(BootstrapToken::parse(code.substr(0, size)));
    }
    CHECK_FALSE(BootstrapToken::parse(makeInvitation(6).longCode()));
}

TEST_CASE("rotation token: it is read as it was written, and no other code is taken for one") {
    SeededRandom random(9);
    domain::RotationToken token{random.make<base::ProvinceId>(), random.make<base::ExchangeKey>(),
                                random.make<base::PublicKey>()};
    const std::string code = token.code();
    auto read = domain::RotationToken::parse(" " + code + "\n");
    REQUIRE(read);
    CHECK(read->province == token.province);
    CHECK(read->noiseKey == token.noiseKey);
    CHECK(read->headKey == token.headKey);
    for (std::size_t i = 0; i < code.size(); i += 7) {
        std::string typo = code;
        typo[i] = typo[i] == 'A' ? 'B' : 'A';
        CHECK_FALSE(domain::RotationToken::parse(typo));
    }
    CHECK_FALSE(domain::RotationToken::parse(code.substr(0, code.size() - 2)));
    CHECK_FALSE(domain::RotationToken::parse(""));
    domain::BootstrapToken bootstrap;
    bootstrap.address = "127.0.0.1:36123";  // as long as a rotation token
    CHECK_FALSE(domain::RotationToken::parse(bootstrap.code()));
    CHECK_FALSE(domain::BootstrapToken::parse(code));
}
