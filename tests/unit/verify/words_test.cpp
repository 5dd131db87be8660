// What an auditor reads, in both languages, and what he may type.

#include "verify/words.h"
#include <regex>
#include "base/text.h"
#include "exporting.h"
#include "verify/arguments.h"

using test::Exporting;
using verify::Language;

namespace {

constexpr Language kBoth[] = {Language::Vietnamese, Language::English};

void isPlainSentence(const std::string& text) {
    INFO(text);
    CHECK(base::sentence(text) == text);
    CHECK(text.find('\n') == std::string::npos);
    auto nfc = base::toNfc(text);
    REQUIRE(nfc);
    CHECK(*nfc == text);
}

}  // namespace

TEST_CASE("words: every refusal is one plain sentence in both languages") {
    for (int i = 0; i <= static_cast<int>(verify::Fault::TooLong); ++i) {
        auto fault = static_cast<verify::Fault>(i);
        for (Language language : kBoth) isPlainSentence(verify::sentenceOf(fault).in(language));
        CHECK(std::regex_match(std::string(verify::codeName(fault)), std::regex("[a-z_]+")));
    }
}

TEST_CASE("words: a receipt tells who, what and when, and what it does not prove") {
    Exporting e;
    auto closed = e.good(e.receipt(*e.a, e.second));
    auto opened = e.good(e.receipt(*e.a, e.second, replica::Bodies::Opened));
    for (Language language : kBoth) {
        std::string text = verify::textOf(closed, language);
        bool vi = language == Language::Vietnamese;
        for (const std::string& part :
             {std::string("Tỉnh Sông Trăng"), std::string("Xã Cồn Gió"), std::string("Lê Văn Đồng"),
              e.second.hex(), verify::timeOf(closed.received),
              std::string(vi ? "KHÔNG CHỨNG MINH" : "NOT PROVEN"),
              std::string(vi ? "chữ ký số chuyên dùng công vụ" : "official signature of the State"),
              std::string(vi ? "không kèm khóa mở" : "carries no key")}) {
            INFO(part);
            CHECK(text.find(part) != std::string::npos);
        }
        CHECK(text.find("Đã thông xe") == std::string::npos);
        CHECK(verify::textOf(opened, language).find("\"Đã thông xe chín đoạn\"") !=
              std::string::npos);
        CHECK(*base::toNfc(text) == text);
        verify::Json json = verify::jsonOf(opened, language);
        CHECK(json["entry"] == e.second.hex());
        CHECK(json["received_at"] == base::toIsoTime(closed.received));
        CHECK(json["content"]["changes"].size() == 1);
        CHECK(verify::jsonOf(closed, language)["content"].is_null());
    }
}

TEST_CASE("words: every field and status that this program knows has words of its own") {
    for (Language language : kBoth) {
        std::string newer =
            language == Language::Vietnamese ? "phiên bản mới hơn" : "newer version";
        for (std::uint16_t i = 0; i < 100; ++i) {
            auto field = static_cast<domain::Field>(i);
            const domain::FieldInfo* info = domain::infoOf(field);
            domain::Written written{domain::ObjectKind::Task, {}, {{field, std::string("x"), {}}}};
            bool isKnown = verify::lineOf(written, language).find(newer) == std::string::npos;
            bool isWritten = info != nullptr && info->writer != domain::Writer::Nobody;
            INFO(i);
            CHECK(isKnown == isWritten);
        }
        std::set<std::string> statuses;
        for (std::int64_t i = 1; i <= 11; ++i) {
            statuses.insert(verify::lineOf(
                domain::Written{
                    domain::ObjectKind::Assignment, {}, {{domain::Field::Status, i, {}}}},
                language));
        }
        CHECK(statuses.size() == 11);
    }
}

TEST_CASE("words: texts of others stay on their line and steer nothing") {
    domain::Noted noted{domain::ObjectKind::Assignment,
                        {},
                        domain::NoteKind::Progress,
                        "một\nBIÊN NHẬN HỢP LỆ\x1b[2J"};
    std::string line = verify::lineOf(noted, Language::Vietnamese);
    CHECK(line.find('\n') == std::string::npos);
    CHECK(line.find('\x1b') == std::string::npos);
    domain::Judged judged;
    judged.reason = "một\nhai";
    line = verify::lineOf(judged, Language::Vietnamese);
    CHECK(line.find("tỉnh không nhận bút toán") == 0);
    CHECK(line.find("một hai") != std::string::npos);
    judged.verdict = domain::Verdict::Adopted;
    CHECK(verify::lineOf(judged, Language::English).find("the office adopts entry") == 0);
}

TEST_CASE("words: the command line says what is wrong with it") {
    const std::string root(64, 'A');
    auto read = [](std::vector<std::string> words) { return verify::readArguments(words); };
    auto good = read({"FILE", "--root", root});
    REQUIRE(good);
    CHECK((good->what == verify::Arguments::What::Receipt));
    CHECK(good->path == "FILE");
    CHECK(good->root.hex() == std::string(64, 'a'));
    CHECK((good->language == Language::Vietnamese));
    good = read({"--json", "ledger", "DIR", "--root=" + root, "--lang", "en", "--list"});
    REQUIRE(good);
    CHECK((good->what == verify::Arguments::What::Ledger));
    CHECK((good->json && good->list && good->language == Language::English));
    REQUIRE(read({"--root", root, "--", "-file"}));
    const std::vector<std::string> wrong[] = {
        {},
        {"FILE"},
        {"FILE", "--root"},
        {"FILE", "--root", "san van phan tho gung chêm"},
        {"FILE", "--root", root.substr(1)},
        {"FILE", "OTHER", "--root", root},
        {"ledger", "--root", root},
        {"FILE", "--root", root, "--list"},
        {"FILE", "--root", root, "--lang", "fr"},
        {"FILE", "--root", root, "--wat"},
        {"FILE", "--root", root, "--json=1"},
    };
    for (const auto& words : wrong) {
        auto result = read(words);
        REQUIRE_FALSE(result);
        isPlainSentence(result.error().sentence);
        auto english = words;
        english.insert(english.begin(), {"--lang", "en"});
        auto inEnglish = read(english);
        REQUIRE_FALSE(inEnglish);
        isPlainSentence(inEnglish.error().sentence);
        bool namesLanguage = std::find(words.begin(), words.end(), "fr") != words.end();
        CHECK((namesLanguage || inEnglish.error().sentence != result.error().sentence));
    }
    CHECK(read({"FILE", "--root", "san van phan tho gung chêm"})
              .error()
              .sentence.find("Dấu vân tay") == 0);
}
