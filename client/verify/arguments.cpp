#include "verify/arguments.h"
#include <algorithm>
#include <cctype>
#include <optional>

namespace verify {
namespace {

constexpr Text kHelp{
    "thongsuot-verify: kiểm chứng biên nhận và sổ của Thông Suốt, không cần mạng.\n\n"
    "  thongsuot-verify TỆP --root DẤU_VÂN_TAY           kiểm tra một biên nhận\n"
    "  thongsuot-verify ledger THƯ_MỤC --root DẤU_VÂN_TAY   kiểm tra cả một sổ đã xuất\n\n"
    "  --root DẤU_VÂN_TAY   64 chữ số hệ 16: dấu vân tay khóa gốc khi lập tỉnh. Hãy lấy từ một "
    "nguồn\n"
    "                       bạn tin, không lấy từ người đưa tệp. Sáu từ đọc qua điện thoại là chưa "
    "đủ.\n"
    "  --list               (sổ) liệt kê từng bút toán\n"
    "  --lang vi|en         ngôn ngữ, mặc định vi\n"
    "  --json               in một tài liệu JSON\n"
    "  --version            phiên bản\n\n"
    "Mã thoát: 0 khi từng byte đã được kiểm chứng, 1 khi bị từ chối, 2 khi gõ sai lệnh.\n",
    "thongsuot-verify: verifies receipts and ledgers of Thông Suốt, without a line.\n\n"
    "  thongsuot-verify FILE --root FINGERPRINT           check a receipt\n"
    "  thongsuot-verify ledger DIR --root FINGERPRINT     check a whole exported ledger\n\n"
    "  --root FINGERPRINT   64 hexadecimal letters: of the authority keys that founded the "
    "province.\n"
    "                       Take it from a source that you trust, not from whoever gave you the "
    "file.\n"
    "                       The six words for the telephone are not enough.\n"
    "  --list               (ledger) tell every entry\n"
    "  --lang vi|en         language, vi by default\n"
    "  --json               print one JSON document\n"
    "  --version            the version\n\n"
    "Exit 0 if every byte was verified, 1 refused, 2 usage.\n"};

std::optional<base::Hash> fingerprintOf(std::string text) {
    std::erase_if(text, [](char c) { return c == ' ' || c == ':' || c == '-'; });
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    auto bytes = base::fromHex(text);
    if (!bytes || bytes->size() != base::Hash::kSize) return {};
    return base::Hash::from(*bytes);
}

tl::unexpected<UsageError> wrong(Language language, const Text& text,
                                 const std::string& word = {}) {
    std::string out = text.in(language);
    if (auto at = out.find("{}"); at != std::string::npos) out.replace(at, 2, word);
    return tl::unexpected<UsageError>(UsageError{std::move(out)});
}

constexpr Text kNoRoot{
    "Thiếu --root: cần dấu vân tay khóa gốc gồm 64 chữ số hệ 16 của tỉnh (xem thongsuot-verify "
    "--help).",
    "--root is missing: give the fingerprint of the province's authority keys, 64 hexadecimal "
    "letters (see thongsuot-verify --lang en --help)."};
constexpr Text kBadRoot{
    "Dấu vân tay sau --root phải gồm đúng 64 chữ số hệ 16 (0-9, a-f); sáu từ đọc qua điện thoại là "
    "chưa đủ để kiểm chứng.",
    "The fingerprint behind --root must have exactly 64 hexadecimal letters (0-9, a-f); the six "
    "words for the telephone are not enough."};
constexpr Text kNoPath{
    "Thiếu tên tệp biên nhận, hoặc ledger và tên thư mục (xem thongsuot-verify --help).",
    "The name of a receipt is missing, or ledger and the name of a folder (see "
    "thongsuot-verify --lang en --help)."};
constexpr Text kTooMany{"Thừa \"{}\": mỗi lần chỉ kiểm tra một tệp hoặc một thư mục.",
                        "\"{}\" is too much: check one file or one folder at a time."};
constexpr Text kUnknown{"Không có tùy chọn \"{}\" (xem thongsuot-verify --help).",
                        "There is no option \"{}\" (see thongsuot-verify --lang en --help)."};
constexpr Text kNoValue{"Sau \"{}\" phải có một giá trị.", "A value must follow \"{}\"."};
constexpr Text kBadLanguage{"Ngôn ngữ sau --lang là vi hoặc en.",
                            "The language behind --lang is vi or en."};
constexpr Text kListReceipt{"--list chỉ dùng khi kiểm tra cả sổ: thongsuot-verify ledger.",
                            "--list is for whole ledgers: thongsuot-verify ledger."};

}  // namespace

Language languageOf(std::span<const std::string> words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        bool isEnglish = words[i] == "--lang=en" ||
                         (words[i] == "--lang" && i + 1 < words.size() && words[i + 1] == "en");
        if (isEnglish) return Language::English;
    }
    return Language::Vietnamese;
}

Text help() {
    return kHelp;
}

tl::expected<Arguments, UsageError> readArguments(std::span<const std::string> words) {
    Arguments out;
    out.language = languageOf(words);
    const Language language = out.language;
    std::vector<std::string> places;
    std::optional<std::string> root;
    bool onlyPlaces = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        std::string word = words[i];
        if (onlyPlaces || word.size() < 2 || word[0] != '-') {
            places.push_back(word);
            continue;
        }
        if (word == "--") {
            onlyPlaces = true;
            continue;
        }
        std::optional<std::string> value;
        if (auto equals = word.find('='); equals != std::string::npos) {
            value = word.substr(equals + 1);
            word.resize(equals);
        }
        bool takesValue = word == "--root" || word == "--lang";
        if (takesValue && !value) {
            if (i + 1 == words.size()) return wrong(language, kNoValue, word);
            value = words[++i];
        }
        if (!takesValue && value) return wrong(language, kUnknown, words[i]);
        if (word == "--help" || word == "-h") {
            out.what = Arguments::What::Help;
            return out;
        }
        if (word == "--version") {
            out.what = Arguments::What::Version;
            return out;
        }
        if (word == "--root") {
            root = value;
        } else if (word == "--lang") {
            if (*value != "vi" && *value != "en") return wrong(language, kBadLanguage);
        } else if (word == "--json") {
            out.json = true;
        } else if (word == "--list") {
            out.list = true;
        } else {
            return wrong(language, kUnknown, word);
        }
    }
    if (!places.empty() && places[0] == "ledger") {
        out.what = Arguments::What::Ledger;
        places.erase(places.begin());
    }
    if (places.empty()) return wrong(language, kNoPath);
    if (places.size() > 1) return wrong(language, kTooMany, places[1]);
    if (!root) return wrong(language, kNoRoot);
    auto fingerprint = fingerprintOf(*root);
    if (!fingerprint) return wrong(language, kBadRoot);
    if (out.list && out.what == Arguments::What::Receipt) return wrong(language, kListReceipt);
    out.root = *fingerprint;
    out.path = places[0];
    return out;
}

}  // namespace verify
