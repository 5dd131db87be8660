#include "stream.h"
#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include "base/time.h"

namespace bench {
namespace {

using base::Code;
using base::fail;
using base::Result;
using domain::Field;
using domain::Status;
using Json = nlohmann::ordered_json;

constexpr std::size_t kTaskBytes = 10;

struct StatusWord {
    std::string_view word;
    Status status;
};
constexpr std::array<StatusWord, 6> kStatusWords{{{"chua_bat_dau", Status::Assigned},
                                                  {"dang_thuc_hien", Status::InProgress},
                                                  {"cho_phe_duyet", Status::AwaitingLeader},
                                                  {"da_hoan_thanh", Status::Completed},
                                                  {"qua_han", Status::Returned},
                                                  {"tam_dung", Status::Suspended}}};

Result<base::ObjectId> idOf(const std::string& task) {
    TRY(base::Bytes bytes, base::fromHex(task.empty() ? task : task.substr(1)));
    if (bytes.size() != kTaskBytes)
        return fail(Code::InvalidInput, "a task is not 't' and 20 digits");
    base::Hash rest = crypto::hash("bench-task", {bytes});
    base::Writer(bytes).raw(rest.view().first(base::ObjectId::kSize - kTaskBytes));
    return base::ObjectId::from(bytes);
}

Result<std::int64_t> msOf(const std::string& text) {
    base::Civil civil{};
    unsigned hour = 0, minute = 0, second = 0;
    int read = std::sscanf(text.c_str(), "%d-%d-%dT%u:%u:%uZ", &civil.year, &civil.month,
                           &civil.day, &hour, &minute, &second);
    std::optional<base::Date> date = base::dateOf(civil);
    if ((read != 3 && read != 6) || !date) {
        return fail(Code::InvalidInput, "a time cannot be read: " + text);
    }
    return ((std::int64_t{date->days} * 24 + hour) * 60 + minute) * 60'000 + second * 1'000;
}

/// The numbers stand before the texts, as the product's forms write them: the layout of the first
/// part is then always the same, which saves 10 to 20 bytes a change.
Result<domain::Change> changeOf(const Json& line) {
    domain::Written out{domain::ObjectKind::Assignment, {}, {}};
    TRY(out.id, idOf(line.at("task")));
    auto put = [&](Field field, domain::Value value) {
        out.fields.push_back({field, std::move(value), {}});
    };
    std::string word = line.at("status");
    auto status = std::find_if(kStatusWords.begin(), kStatusWords.end(),
                               [&](const auto& s) { return s.word == word; });
    if (status == kStatusWords.end()) return fail(Code::InvalidInput, "an unknown status: " + word);
    put(Field::Status, static_cast<std::int64_t>(status->status));
    put(Field::Percent, line.at("pct").get<std::int64_t>());
    TRY(std::int64_t at, msOf(line.at("at")));
    put(Field::ReportedAt, at);
    TRY(std::int64_t due, msOf(line.at("due")));
    put(Field::AssignmentDeadline, due / 86'400'000);
    put(Field::AssignmentOrder, line.at("seq").get<std::int64_t>());
    put(Field::Performer, line.at("by").get<std::string>());
    put(Field::DocumentText, line.at("doc").get<std::string>());
    put(Field::Result, line.at("result").get<std::string>());
    return domain::Change(std::move(out));
}

// Words of this stream alone. The dictionary was not trained on them: figures would otherwise mean
// nothing.
constexpr std::array<std::string_view, 20> kOnsets{"th", "ch", "đ", "nh", "l", "kh", "b",
                                                   "tr", "m",  "h", "ng", "v", "t",  "ph",
                                                   "s",  "c",  "n", "x",  "r", "gi"};
constexpr std::array<std::string_view, 54> kRhymes{
    "ơn",  "ủy",   "ắt",  "ừng", "oi",  "êu",  "ặn",  "ách",  "uồn", "ịp",  "ạo",
    "ẻ",   "ương", "ết",  "âm",  "ỏng", "ùa",  "iếc", "anh",  "ộn",  "ư",   "ấu",
    "ục",  "ẹn",   "oan", "ửa",  "íp",  "ảng", "uôi", "êm",   "ợt",  "ăng", "ò",
    "iện", "ếp",   "úng", "ạ",   "âu",  "ước", "ỉnh", "ôm",   "ần",  "ác",  "uổi",
    "ợp",  "ịt",   "ĩa",  "ồi",  "ứng", "ay",  "ót",  "uyên", "ập",  "ảo"};
constexpr std::array<std::string_view, 10> kBegun{"Sáng nay đã xuống hiện trường cùng",
                                                  "Vừa điện thoại nhắc",
                                                  "Còn vướng ở khâu của",
                                                  "Bàn giao biên bản cho",
                                                  "Nhờ góp ý lần cuối từ",
                                                  "Tạm hoãn vì lịch riêng của",
                                                  "Đối chiếu sổ sách với",
                                                  "Trao đổi trực tuyến cùng",
                                                  "Mượn hội trường của",
                                                  "Nộp bổ sung theo phiếu của"};
constexpr std::array<std::string_view, 9> kPlaces{
    "Ban quản trị chung cư",   "Nhà văn hóa thôn Đoài",    "Bưu điện khu vực",
    "Trường mẫu giáo Hoa Sen", "Xí nghiệp cấp thoát nước", "Câu lạc bộ hưu trí",
    "Đội thuế liên xã",        "Tổ dân phố số Bảy",        "Quỹ tín dụng"};
constexpr std::array<std::string_view, 9> kClosed{
    "mai làm nốt",        "thiếu hai con dấu", "gửi lại bản sửa",
    "xin thêm nửa tháng", "khớp với sổ gốc",   "đã chụp ảnh làm chứng",
    "nhờ trên tháo gỡ",   "hẹn sau mùa gặt",   "coi như khép lại"};
constexpr std::array<std::string_view, 12> kKinds{"QĐ-CT", "TB-KL",  "BB-KT", "CV-ĐT",
                                                  "PA-QH", "KL-TTr", "TT-NS", "HD-LN",
                                                  "PC-TC", "BC-TK",  "GM-HT", "ĐA-PT"};
constexpr std::array<std::string_view, 14> kFirst{"Lục",  "Mạc",   "Khuất",  "Tôn",  "Doãn",
                                                  "Bạch", "Thạch", "Nghiêm", "Viên", "Đàm",
                                                  "Phí",  "Âu",    "Vương",  "Từ"};
constexpr std::array<std::string_view, 12> kLast{
    "Hưng Thịnh", "Mỹ Duyên",  "Chí Thiện", "Ánh Dương", "Phú Quý",  "Kiều Trinh",
    "Nhã Uyên",   "Đăng Khôi", "Vĩnh Phát", "Tường Vi",  "Thiên Lý", "Cẩm Tú"};

}  // namespace

class SaveStream::Maker {
public:
    explicit Maker(std::uint64_t seed) : m_random(seed) {
        for (std::string_view onset : kOnsets) {
            for (std::string_view rhyme : kRhymes)
                m_syllables.push_back(std::string(onset) + std::string(rhyme));
        }
        for (std::size_t i = m_syllables.size() - 1; i > 0; --i)
            std::swap(m_syllables[i], m_syllables[below(i + 1)]);
        double sum = 0;
        for (std::size_t i = 0; i < m_syllables.size(); ++i)
            m_upTo.push_back(sum += 1.0 / static_cast<double>(i + 12));
    }

    std::string line(std::size_t seq) {
        Json out;
        out["task"] = "t" + task();
        out["seq"] = seq;
        out["doc"] = std::to_string(1 + below(4'999)) + "/" + std::string(pick(kKinds));
        out["status"] = kStatusWords[below(kStatusWords.size())].word;
        out["result"] = report();
        out["by"] = std::string(pick(kFirst)) + " " + std::string(pick(kLast));
        out["pct"] = below(101);
        out["due"] = day();
        std::array<char, 48> time{};
        std::snprintf(time.data(), time.size(), "T%02u:%02u:%02uZ", below(24), below(60),
                      below(60));
        out["at"] = day() + time.data();
        return out.dump();
    }

private:
    unsigned below(std::size_t bound) { return static_cast<unsigned>(m_random() % bound); }
    template <std::size_t N>
    std::string_view pick(const std::array<std::string_view, N>& list) {
        return list[below(N)];
    }

    std::string task() {
        base::Bytes bytes;
        base::Writer(bytes).u64(m_random()).u16(static_cast<std::uint16_t>(m_random()));
        return base::toHex(bytes);
    }

    std::string day() {
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), "2026-%02u-%02u", 1 + below(12), 1 + below(28));
        return text.data();
    }

    /// Syllables by Zipf's law and in no sensible order: about eight bits each, whatever the
    /// compressor knows.
    std::string words(std::size_t count) {
        std::string out;
        for (std::size_t i = 0; i < count; ++i) {
            double at = static_cast<double>(m_random() >> 11) / 9007199254740992.0 * m_upTo.back();
            auto it = std::upper_bound(m_upTo.begin(), m_upTo.end(), at);
            if (i > 0) out += ' ';
            out += m_syllables[std::min(static_cast<std::size_t>(it - m_upTo.begin()),
                                        m_syllables.size() - 1)];
        }
        return out;
    }

    std::string report() {
        if (below(2) == 0)
            return std::string(pick(kBegun)) + " " + std::string(pick(kPlaces)) + ": " +
                   words(9 + below(5));
        return words(11 + below(6)) + ", " + std::string(pick(kClosed));
    }

    std::mt19937_64 m_random;
    std::vector<std::string> m_syllables;
    std::vector<double> m_upTo;
};

SaveStream::SaveStream(std::uint64_t seed) : m_maker(std::make_unique<Maker>(seed)) {}
SaveStream::~SaveStream() = default;

Save SaveStream::next() {
    return *parseSave(m_maker->line(m_count++));
}

Result<Save> parseSave(const std::string& line) {
    try {
        TRY(domain::Change change, changeOf(Json::parse(line)));
        return Save{line, std::move(change)};
    } catch (const nlohmann::json::exception&) {
        return fail(Code::InvalidInput, "a line of the input is not a save: " + line.substr(0, 60));
    }
}

Result<std::vector<Save>> readSaves(const std::filesystem::path& file, std::size_t count) {
    std::ifstream in(file);
    if (!in) return fail(Code::NotFound, "cannot read " + file.string());
    std::vector<Save> out;
    for (std::string line; out.size() < count && std::getline(in, line);) {
        if (line.empty()) continue;
        TRY(Save save, parseSave(line));
        out.push_back(std::move(save));
    }
    if (out.empty()) return fail(Code::InvalidInput, file.string() + " holds no saves");
    return out;
}

std::vector<Save> makeSaves(std::size_t count, std::uint64_t seed) {
    SaveStream stream(seed);
    std::vector<Save> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(stream.next());
    return out;
}

}  // namespace bench
