#include "verify/report.h"
#include <fmt/format.h>
#include "verify/words.h"

namespace verify {
namespace {

constexpr std::size_t kLabelWidth = 18;  // characters

/// As fmt::format, with a pattern of the reader's language.
template <class... Args>
std::string filled(const char* pattern, const Args&... args) {
    return fmt::vformat(pattern, fmt::make_format_args(args...));
}

bool isContinuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// "  label      text", the label padded by what is seen.
std::string row(const char* label, const std::string& text) {
    std::string out = std::string("  ") + label;
    std::size_t width = 0;
    for (const char* c = label; *c != 0; ++c) width += isContinuation(*c) ? 0 : 1;
    out.append(width < kLabelWidth ? kLabelWidth - width : 1, ' ');
    return out + text + "\n";
}

std::string bullet(const char* text) {
    return std::string("  - ") + text + "\n";
}

std::string unitOf(const std::string& code, const std::string& name) {
    return name.empty() ? code : code + " · " + oneLine(name);
}

std::string officersOf(const Author& author, Language language) {
    std::string out;
    for (const domain::Officer& officer : author.officers) {
        out += (out.empty() ? "" : "; ") + oneLine(officer.name) + " (" +
               wordsOf(officer.roles, language) + ")";
    }
    return out;
}

Json officersJson(const std::vector<domain::Officer>& officers) {
    Json out = Json::array();
    for (const domain::Officer& officer : officers)
        out.push_back(Json{{"name", officer.name}, {"roles", domain::roleNames(officer.roles)}});
    return out;
}

Json provinceJson(const CheckedProvince& province) {
    return {{"id", province.id.hex()}, {"name", province.name}, {"code", province.code}};
}

Json headJson(const ledger::Head& head) {
    return {{"size", head.size},
            {"time", base::toIsoTime(static_cast<base::TimeMs>(head.time))},
            {"root", head.root.hex()},
            {"epoch", head.epoch},
            {"charter_version", head.charterVersion}};
}

/// Who answers in person for a change; of completions also that nobody does.
std::string signatureText(const Said& said, std::size_t i, Language language) {
    bool vi = language == Language::Vietnamese;
    if (const auto& officer = said.signedBy[i]) {
        return filled(
            vi ? "→ {} ({}) đã ký bằng khóa riêng của mình; chữ ký đã được kiểm chứng với "
                 "khóa mà người này ghi danh"
               : "→ signed in person by {} ({}); the signature was verified with the key "
                 "that this officer enrolled",
            oneLine(officer->name), wordsOf(officer->roles, language));
    }
    const domain::Written* written = domain::writtenIn(said.changes[i]);
    if (written == nullptr || !domain::reportsCompletion(*written)) return {};
    return vi ? "→ không có chữ ký hợp lệ của cán bộ nào cho việc hoàn thành này; chỉ có niêm của "
                "thiết bị"
              : "→ no officer has validly signed this completion in person; there is only the "
                "device's seal";
}

std::string saidText(const Said& said, Language language, const char* indent) {
    constexpr Text kInvalid{"nội dung không hợp lệ nên không có hiệu lực",
                            "what it says is not valid, so it has no effect"};
    constexpr Text kNewer{"cần bản thongsuot-verify mới hơn để đọc nội dung",
                          "a newer thongsuot-verify is needed to read what it says"};
    if (said.content == Content::Invalid) return indent + std::string(kInvalid.in(language)) + "\n";
    if (said.content == Content::NewerProgram)
        return indent + std::string(kNewer.in(language)) + "\n";
    std::string out;
    for (std::size_t i = 0; i < said.changes.size(); ++i) {
        out += indent + lineOf(said.changes[i], language);
        if (said.withoutEffect[i])
            out += std::string(" [") + wordsOfNoEffect(*said.withoutEffect[i], language) + "]";
        out += "\n";
        const std::string signature = signatureText(said, i, language);
        if (!signature.empty()) out += indent + signature + "\n";
    }
    return out;
}

const char* contentName(Content content) {
    switch (content) {
        case Content::Closed:
            return "closed";
        case Content::Told:
            return "told";
        case Content::Invalid:
            return "invalid";
        case Content::NewerProgram:
            break;
    }
    return "newer_program";
}

Json saidJson(const Said& said, Language language) {
    if (said.content == Content::Closed) return Json();
    Json changes = Json::array();
    for (std::size_t i = 0; i < said.changes.size(); ++i) {
        changes.push_back(
            Json{{"change", domain::changeName(said.changes[i])},
                 {"text", lineOf(said.changes[i], language)},
                 {"without_effect", said.withoutEffect[i] ? Json(*said.withoutEffect[i]) : Json()},
                 {"signed_by", said.signedBy[i] ? Json(said.signedBy[i]->name) : Json()}});
    }
    return {{"state", contentName(said.content)}, {"changes", changes}};
}

// ---- Receipts -----------------------------------------------------------------------------------

std::string boundText(const CheckedReceipt& r, Language language) {
    bool vi = language == Language::Vietnamese;
    switch (r.notBefore.how) {
        case Bound::How::Shown:
            return timeOf(r.notBefore.time) +
                   filled(vi ? "; khi ghi, thiết bị đã thấy bút toán số {} của sổ, nhận lúc đó"
                             : "; when it wrote, the device had seen entry {} of the ledger, "
                               "received then",
                          r.notBefore.size);
        case Bound::How::OtherHistory:
            return vi ? "KHÔNG CHỨNG MINH ĐƯỢC. CHÚ Ý: sổ mà thiết bị khai đã thấy khác với sổ "
                        "này; "
                        "hoặc thiết bị khai sai, hoặc máy chủ đã đưa ra hai sổ khác nhau"
                      : "NOT PROVEN. NOTE: the ledger that the device says it had seen is not this "
                        "one; either it says so falsely, or the server has shown two ledgers";
        case Bound::How::NotCovered:
            return vi ? "không chứng minh được: điều thiết bị khai đã thấy nằm ngoài biên nhận này"
                      : "not proven: what the device says it had seen lies outside this receipt";
        case Bound::How::NothingSeen:
            break;
    }
    return vi ? "không chứng minh được: thiết bị khai chưa thấy gì trong sổ này"
              : "not proven: the device says that it had seen nothing of this ledger";
}

constexpr Text kNotProvenReceipt[] = {
    {"Đây không phải chữ ký số chuyên dùng công vụ của Nhà nước.",
     "This is not an official signature of the State."},
    {"Nội dung có đúng sự thật hay không; biên nhận chỉ chứng minh điều đã nộp.",
     "Whether what was written is true; a receipt proves only what was handed in."},
    {"Giờ do thiết bị tự khai; đồng hồ của nó có thể sai.",
     "The time that the device claims; its clock may be wrong."},
    {"Ai đã ngồi trước thiết bị: niêm là của thiết bị; khóa của cán bộ cũng nằm trên thiết bị, và "
     "ai "
     "mở được thiết bị thì ký được bằng mọi khóa ở đó.",
     "Who sat at the device: the seal is the device's, and officers' keys lie on it too; whoever "
     "can "
     "open the device can sign with every key on it."},
    {"Thiết bị không bị thu hồi và lời mời còn hiệu lực lúc đó: điều này chỉ có lời của máy chủ "
     "khi nhận; quy tắc lúc đó có đòi chữ ký của cán bộ hay không: tùy biên nhận có kèm đủ hay "
     "không. Muốn kiểm tra, hãy xuất cả danh bạ hoặc cả sổ.",
     "That the device was not revoked and its invitation was good then: of this there is only the "
     "server's word when it took the entry. Whether the rules then asked for an officer's "
     "signature: "
     "as far as this receipt carries them. To check it, export the directory or the ledger."},
    {"Giờ nhận chính xác đến đâu là tùy đồng hồ của máy chủ; và máy chủ không ký một sổ khác cho "
     "người khác: muốn biết, hãy so đầu sổ với nơi khác.",
     "The time of arrival is as right as the server's clock; and that the server has not signed "
     "another ledger for somebody else: to know, compare heads."},
    {"Về sau bút toán có bị sửa, thay thế hay trả lại hay không.",
     "Whether it was corrected, replaced or returned later."},
};
constexpr Text kContentClosed{
    "Bút toán viết gì và cán bộ nào đã ký: nội dung được mã hóa và biên nhận không kèm khóa mở; ai "
    "có nội dung gốc trong phần mềm thì đối chiếu được qua mã bút toán.",
    "What the entry says and which officer has signed it: it is encrypted, and this receipt "
    "carries "
    "no key; whoever has it in the program can compare by the entry's hash."};

std::vector<const char*> notProven(const CheckedReceipt& r, Language language) {
    std::vector<const char*> out;
    if (r.said.content == Content::Closed) out.push_back(kContentClosed.in(language));
    for (const Text& text : kNotProvenReceipt) out.push_back(text.in(language));
    return out;
}

}  // namespace

std::string textOf(const CheckedReceipt& r, Language language) {
    bool vi = language == Language::Vietnamese;
    std::string out =
        vi ? "BIÊN NHẬN HỢP LỆ. Từng byte của tệp đã được kiểm chứng từ khóa gốc có dấu vân tay "
             "bạn đưa.\n\nĐÃ CHỨNG MINH\n"
           : "THE RECEIPT IS GOOD. Every byte of the file was verified from the authority keys "
             "whose fingerprint you gave.\n\nPROVEN\n";
    out += row(vi ? "Tỉnh" : "Province", unitOf(r.province.code, r.province.name));
    out += row(vi ? "Sổ của đơn vị" : "Ledger of", unitOf(r.unit, r.unitName));
    out +=
        row(vi ? "Thiết bị ghi" : "Written by",
            filled(vi ? "thiết bị {}, đơn vị {}" : "device {}, unit {}",
                   r.author.device.hex().substr(0, 8), unitOf(r.author.unit, r.author.unitName)));
    out += row(vi ? "Cấp cho cán bộ" : "Device of", officersOf(r.author, language));
    out += row(vi ? "Bút toán" : "Entry", r.entry.hex());
    out += row("", filled(vi ? "{} byte, số {} trong sổ" : "{} bytes, number {} in the ledger",
                          r.entryBytes, r.position + 1));
    out += row(vi ? "Không sớm hơn" : "Not before", boundText(r, language));
    out += row(
        vi ? "Tỉnh đã nhận" : "Received",
        timeOf(r.received) + (vi ? " (giờ máy chủ, có chữ ký)" : " (the server's signed time)"));
    if (r.orderedAgain) {
        out += row(vi ? "Xếp lại" : "Ordered again",
                   timeOf(*r.orderedAgain) +
                       (vi ? " (máy chủ đã ký hai lịch sử rồi mở một kỷ nguyên mới)"
                           : " (the server had signed two histories and began a new epoch)"));
    }
    out +=
        row(vi ? "Đầu sổ" : "Head", filled(vi ? "ký lúc {}, {} bút toán, điều lệ máy chủ số {}"
                                              : "signed {}, {} entries, charter {} of the server",
                                           timeOf(static_cast<base::TimeMs>(r.head.time)),
                                           r.head.size, r.head.charterVersion));
    if (r.said.content != Content::Closed) {
        out += vi ? "\nBÚT TOÁN VIẾT (mở bằng khóa kèm theo)\n"
                  : "\nTHE ENTRY SAYS (opened with the key that came along)\n";
        out += saidText(r.said, language, "  ");
    }
    out += vi ? "\nCHỈ LÀ LỜI KHAI CỦA THIẾT BỊ\n" : "\nONLY THE DEVICE'S WORD\n";
    out += row(vi ? "Giờ máy ghi" : "Claimed", timeOf(r.claimed));
    if (r.restates) out += row(vi ? "Ghi lại bút toán" : "Writes again", r.restates->hex());
    if (r.stated.how == Bound::How::Shown) {
        out += row(vi ? "Đã thấy danh bạ" : "Directory seen",
                   filled(vi ? "đến mục số {}, nhận lúc {}" : "up to item {}, received {}",
                          r.stated.size, timeOf(r.stated.time)));
    }
    out += vi ? "\nKHÔNG CHỨNG MINH\n" : "\nNOT PROVEN\n";
    for (const char* text : notProven(r, language)) out += bullet(text);
    return out;
}

Json jsonOf(const CheckedReceipt& r, Language language) {
    auto bound = [](const Bound& b) {
        return b.how == Bound::How::Shown ? Json(base::toIsoTime(b.time)) : Json();
    };
    Json out;
    out["verified"] = "receipt";
    out["province"] = provinceJson(r.province);
    out["ledger"] = {{"scope", r.scope.hex()}, {"unit", r.unit}, {"name", r.unitName}};
    out["author"] = {{"device", r.author.device.hex()},
                     {"unit", r.author.unit},
                     {"unit_name", r.author.unitName},
                     {"officers", officersJson(r.author.officers)}};
    out["entry"] = r.entry.hex();
    out["entry_bytes"] = r.entryBytes;
    out["position"] = r.position;
    out["seq"] = r.seq;
    out["not_before"] = bound(r.notBefore);
    out["other_history"] = r.notBefore.how == Bound::How::OtherHistory;
    out["received_at"] = base::toIsoTime(r.received);
    out["ordered_again_at"] = r.orderedAgain ? Json(base::toIsoTime(*r.orderedAgain)) : Json();
    out["claimed_at"] = base::toIsoTime(r.claimed);
    out["restates"] = r.restates ? Json(r.restates->hex()) : Json();
    out["directory_seen_at"] = bound(r.stated);
    out["directory_size"] = r.directorySize;
    out["directory_facts"] = r.facts;
    out["head"] = headJson(r.head);
    out["content"] = saidJson(r.said, language);
    out["not_proven"] = notProven(r, language);
    return out;
}

// ---- Ledgers ------------------------------------------------------------------------------------

namespace {

constexpr Text kNotProvenLedger[] = {
    {"Đây không phải chữ ký số chuyên dùng công vụ của Nhà nước.",
     "This is not an official signature of the State."},
    {"Nội dung có đúng sự thật hay không.", "Whether what was written is true."},
    {"Giờ do các thiết bị tự khai, và ai đã ngồi trước thiết bị.",
     "The times that devices claim, and who sat at them."},
    {"Giờ nhận chính xác đến đâu là tùy đồng hồ của máy chủ; và máy chủ không ký một sổ khác cho "
     "người khác: muốn biết, hãy so đầu sổ với nơi khác.",
     "The times of arrival are as right as the server's clock; and that the server has not signed "
     "another ledger for somebody else: to know, compare heads."},
    {"Những gì được nhận sau đầu sổ này.", "What was received after this head."},
};
constexpr Text kLedgerClosed{
    "Các bút toán viết gì: nội dung được mã hóa và không có khóa mở kèm theo.",
    "What the entries say: they are encrypted, and no keys came along."};

std::vector<const char*> notProven(const CheckedLedger& l, Language language) {
    std::vector<const char*> out;
    if (!l.isDirectory && !l.hasOpenings) out.push_back(kLedgerClosed.in(language));
    for (const Text& text : kNotProvenLedger) out.push_back(text.in(language));
    return out;
}

Author authorNow(const CheckedLedger& l, const base::DeviceId& id) {
    const domain::Device* device = l.directory.device(id);
    if (device == nullptr) return {id, {}, {}, {}};
    return authorOf(l.directory, *device, l.directory.size());
}

std::string authorsText(const CheckedLedger& l, Language language) {
    bool vi = language == Language::Vietnamese;
    std::string out;
    for (const auto& [id, by] : l.authors) {
        Author author = authorNow(l, id);
        const domain::Device* device = l.directory.device(id);
        bool revoked = device != nullptr && device->revokedSince.has_value();
        out += filled(vi ? "  {} bút toán · thiết bị {} · {} · {}{}\n      nhận từ {} đến {}\n"
                         : "  {} entries · device {} · {} · {}{}\n      received from {} to {}\n",
                      by.entries, id.hex().substr(0, 8), unitOf(author.unit, author.unitName),
                      officersOf(author, language),
                      revoked ? (vi ? " · nay đã bị thu hồi" : " · revoked by now") : "",
                      timeOf(by.first), timeOf(by.last));
    }
    return out;
}

}  // namespace

std::string textOf(const CheckedLedger& l, Language language) {
    bool vi = language == Language::Vietnamese;
    std::string out =
        vi ? "SỔ HỢP LỆ. Từng byte của các tệp đã được kiểm chứng từ khóa gốc có dấu vân tay bạn "
             "đưa.\n\nĐÃ CHỨNG MINH\n"
           : "THE LEDGER IS GOOD. Every byte of the files was verified from the authority keys "
             "whose fingerprint you gave.\n\nPROVEN\n";
    out += row(vi ? "Tỉnh" : "Province", unitOf(l.province.code, l.province.name));
    out += row(vi ? "Sổ" : "Ledger",
               l.isDirectory ? (vi ? "danh bạ" : "the directory") : unitOf(l.unit, l.unitName));
    out += row(vi ? "Số bút toán" : "Entries", std::to_string(l.head.size));
    out += row(vi ? "Đầu sổ" : "Head",
               filled(vi ? "ký lúc {}, điều lệ máy chủ số {}" : "signed {}, charter {}",
                      timeOf(static_cast<base::TimeMs>(l.head.time)), l.head.charterVersion));
    out += row("", l.head.root.hex());
    out += row(vi ? "Danh bạ" : "Directory",
               filled(vi ? "{} bút toán, {} đơn vị, {} thiết bị; {} thay đổi không có hiệu lực"
                         : "{} entries, {} units, {} devices; {} changes without effect",
                      l.directoryHead.size, l.directory.units().size(),
                      l.directory.devices().size(), l.withoutEffect));
    if (!l.isDirectory) {
        out += row(vi ? "Quyền ghi" : "Rights",
                   l.withoutRight == 0
                       ? (vi ? "mọi bút toán do thiết bị có quyền ghi lúc đó"
                             : "every entry is by a device that had the right then")
                       : filled(vi ? "CHÚ Ý: {} bút toán của thiết bị không có quyền ghi"
                                   : "NOTE: {} entries by devices without the right",
                                l.withoutRight));
        if (l.notAllowed > 0)
            out += row("", filled(vi ? "CHÚ Ý: {} bút toán dùng khóa không được phép"
                                     : "NOTE: {} entries under a key that was not allowed",
                                  l.notAllowed));
    }
    if (l.hasOpenings) {
        out += row(vi ? "Nội dung" : "Content",
                   filled(vi ? "mở được {} trên {} bút toán (thêm --list để xem)"
                             : "{} of {} entries opened (see them with --list)",
                          l.opened, l.head.size));
    }
    out += vi ? "\nAI ĐÃ GHI\n" : "\nWHO WROTE\n";
    out += authorsText(l, language);
    out += vi ? "\nKHÔNG CHỨNG MINH\n" : "\nNOT PROVEN\n";
    for (const char* text : notProven(l, language)) out += bullet(text);
    return out;
}

Json jsonOf(const CheckedLedger& l, Language language) {
    Json out;
    out["verified"] = "ledger";
    out["province"] = provinceJson(l.province);
    out["ledger"] = {{"scope", l.head.scope.hex()},
                     {"unit", l.isDirectory ? Json() : Json(l.unit)},
                     {"name", l.isDirectory ? Json() : Json(l.unitName)}};
    out["entries"] = l.head.size;
    out["head"] = headJson(l.head);
    out["directory_head"] = headJson(l.directoryHead);
    out["units"] = l.directory.units().size();
    out["devices"] = l.directory.devices().size();
    out["without_effect"] = l.withoutEffect;
    out["without_right"] = l.withoutRight;
    out["not_allowed"] = l.notAllowed;
    out["opened"] = l.hasOpenings ? Json(l.opened) : Json();
    out["authors"] = Json::array();
    for (const auto& [id, by] : l.authors) {
        Author author = authorNow(l, id);
        out["authors"].push_back(Json{{"device", id.hex()},
                                      {"unit", author.unit},
                                      {"officers", officersJson(author.officers)},
                                      {"entries", by.entries},
                                      {"first_received_at", base::toIsoTime(by.first)},
                                      {"last_received_at", base::toIsoTime(by.last)}});
    }
    out["not_proven"] = notProven(l, language);
    return out;
}

std::string textOf(const CheckedEntry& e, const domain::Directory& directory, Language language) {
    bool vi = language == Language::Vietnamese;
    const domain::Device* device = directory.device(e.device);
    std::string who = device == nullptr || device->officers.empty()
                          ? e.device.hex().substr(0, 8)
                          : oneLine(device->officers.front().name);
    std::string out = filled(vi ? "  {}. nhận {} · giờ máy {} · {} · {}{}\n"
                                : "  {}. received {} · claimed {} · {} · {}{}\n",
                             e.position + 1, timeOf(e.received), timeOf(e.claimed), who,
                             e.hash.hex().substr(0, 16),
                             e.hadRight ? "" : (vi ? " · KHÔNG CÓ QUYỀN" : " · WITHOUT THE RIGHT"));
    return out + saidText(e.said, language, "       ");
}

Json jsonOf(const CheckedEntry& e, const domain::Directory& directory, Language language) {
    const domain::Device* device = directory.device(e.device);
    return {{"position", e.position},
            {"entry", e.hash.hex()},
            {"device", e.device.hex()},
            {"officer", device == nullptr || device->officers.empty()
                            ? Json()
                            : Json(device->officers.front().name)},
            {"claimed_at", base::toIsoTime(e.claimed)},
            {"received_at", base::toIsoTime(e.received)},
            {"had_right", e.hadRight},
            {"content", saidJson(e.said, language)}};
}

}  // namespace verify
