#include "documents/xlsx.h"
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <pugixml.hpp>
#include "base/limits.h"
#include "base/time.h"
#include "domain/deadline.h"

namespace documents {

namespace limits = base::limits;

namespace {

using base::Code;

constexpr std::size_t kSheetRowsMax = 1'048'576;  // of the format
constexpr std::size_t kSheetColumnsMax = 16'384;

/// Producers may put any prefix before a name.
std::string_view local(const char* name) {
    std::string_view text(name);
    std::size_t colon = text.find(':');
    return colon == std::string_view::npos ? text : text.substr(colon + 1);
}

pugi::xml_node child(const pugi::xml_node& node, std::string_view name) {
    return node.find_child([&](const pugi::xml_node& n) { return local(n.name()) == name; });
}

std::string_view attribute(const pugi::xml_node& node, const char* name) {
    return node.attribute(name).value();
}

std::optional<std::size_t> numberOf(std::string_view text) {
    std::size_t value = 0;
    auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    bool whole = error == std::errc{} && at == text.data() + text.size() && !text.empty();
    return whole ? std::optional(value) : std::nullopt;
}

base::Result<pugi::xml_node> parse(pugi::xml_document& document, std::string& xml,
                                   const std::string& part) {
    auto nodes = std::count_if(xml.begin(), xml.end(), [](char c) { return c == '<' || c == '='; });
    if (static_cast<std::size_t>(nodes) > limits::kXmlNodesMax) {
        return base::fail(Code::Limit,
                          "the spreadsheet's part " + part + " is too large; split it");
    }
    // Blank runs between two words of rich text count.
    constexpr unsigned kFlags = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol |
                                pugi::parse_ws_pcdata_single | pugi::parse_doctype;
    auto result = document.load_buffer_inplace(xml.data(), xml.size(), kFlags);
    if (result.status == pugi::status_out_of_memory) throw std::bad_alloc();
    if (!result) {
        return base::fail(Code::Malformed, "the spreadsheet's part " + part +
                                               " is damaged; open the file and save it again");
    }
    for (const pugi::xml_node& node : document.children()) {
        if (node.type() != pugi::node_doctype) continue;
        return base::fail(Code::Malformed,
                          "the spreadsheet's part " + part +
                              " declares a document type, which none does; refused");
    }
    return document.document_element();
}

/// Part names are absolute ("/xl/worksheets/sheet1.xml") or relative to the folder of their source.
std::string resolve(const std::string& folder, std::string_view target) {
    std::string path =
        target.starts_with('/') ? std::string(target.substr(1)) : folder + std::string(target);
    std::vector<std::string_view> steps;
    for (std::string_view rest = path; !rest.empty();) {
        std::size_t end = std::min(rest.find('/'), rest.size());
        std::string_view step = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (step == ".." && !steps.empty())
            steps.pop_back();
        else if (step != ".." && step != "." && !step.empty())
            steps.push_back(step);
    }
    std::string out;
    for (std::string_view step : steps) out.append(out.empty() ? "" : "/").append(step);
    return out;
}

struct Relation {
    /// Last step of its address: "worksheet", "styles"; equal in both OOXML dialects.
    std::string type;
    std::string part;
};
using Relations = std::map<std::string, Relation, std::less<>>;

base::Result<Relations> readRelations(Archive& archive, const std::string& source) {
    std::size_t slash = source.rfind('/');
    std::string folder = slash == std::string::npos ? "" : source.substr(0, slash + 1);
    std::string part = folder + "_rels/" + source.substr(folder.size()) + ".rels";
    TRY(std::string xml, archive.read(part));
    pugi::xml_document document;
    TRY(pugi::xml_node root, parse(document, xml, part));
    Relations relations;
    for (const pugi::xml_node& node : root.children()) {
        if (attribute(node, "TargetMode") == "External") continue;
        std::string_view type = attribute(node, "Type");
        std::size_t step = type.rfind('/');
        if (step != std::string_view::npos) type.remove_prefix(step + 1);
        relations[std::string(attribute(node, "Id"))] = {
            std::string(type), resolve(folder, attribute(node, "Target"))};
    }
    return relations;
}

const Relation* ofType(const Relations& relations, std::string_view type) {
    for (const auto& [id, relation] : relations) {
        if (relation.type == type) return &relation;
    }
    return nullptr;
}

/// _x000D_ and its like, by which the format writes control characters (18.4.12 ST_Xstring).
void appendUnescaped(std::string& out, std::string_view text) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kEscapes{
        {{"_x000D_", ""}, {"_x000d_", ""}, {"_x000A_", "\n"}, {"_x0009_", "\t"}, {"_x005F_", "_"}}};
    while (!text.empty()) {
        std::size_t at = text.find("_x0");
        out += text.substr(0, at);
        if (at == std::string_view::npos) return;
        text.remove_prefix(at);
        auto escape = std::find_if(kEscapes.begin(), kEscapes.end(),
                                   [&](const auto& e) { return text.starts_with(e.first); });
        bool known = escape != kEscapes.end();
        out += known ? escape->second : text.substr(0, 1);
        text.remove_prefix(known ? escape->first.size() : 1);
    }
}

/// The text of a string item: its own, or that of its runs; phonetic hints are left out.
std::string richText(const pugi::xml_node& item) {
    std::string out;
    for (const pugi::xml_node& node : item.children()) {
        std::string_view name = local(node.name());
        if (name == "t") appendUnescaped(out, node.child_value());
        if (name == "r") appendUnescaped(out, child(node, "t").child_value());
    }
    return out;
}

bool isBuiltInDate(std::size_t format) {
    return (format >= 14 && format <= 22) || (format >= 27 && format <= 36) ||
           (format >= 45 && format <= 47) || (format >= 50 && format <= 58);
}

/// Whether a format code shows a day or a time: d, m, y, h or s outside quotes, brackets and
/// escapes.
bool isDateFormat(std::string_view code) {
    if (code == "General") return false;
    for (std::size_t i = 0; i < code.size(); ++i) {
        char c = code[i];
        if (c == ';') break;  // other sections are for other signs
        if (c == '\\' || c == '_' || c == '*') {
            ++i;
        } else if (c == '"' || c == '[') {
            i = std::min(code.find(c == '"' ? '"' : ']', i + 1), code.size());
        } else if (std::string_view("dmyhsDMYHS").find(c) != std::string_view::npos) {
            return true;
        }
    }
    return false;
}

std::string plainNumber(double value, std::string_view raw) {
    if (!std::isfinite(value) || std::abs(value) > 1e15) return std::string(raw);
    std::array<char, 40> out;
    auto [end, error] = std::to_chars(out.data(), out.data() + out.size(), value);
    return error == std::errc{} ? std::string(out.data(), end) : std::string(raw);
}

std::string dateText(double serial, bool epoch1904) {
    double whole = std::floor(serial);
    long day = static_cast<long>(whole) + (epoch1904 ? 1462 : 0);
    long seconds = std::lround((serial - whole) * 86'400);
    if (seconds == 86'400) {
        seconds = 0;
        ++day;
    }
    auto date = domain::dateOfSerial(day);
    if (!date) return {};
    std::string out = base::toIso(*date);
    if (seconds == 0) return out;
    std::array<char, 64> time;
    std::snprintf(time.data(), time.size(), " %02ld:%02ld:%02ld", seconds / 3600, seconds / 60 % 60,
                  seconds % 60);
    return out + time.data();
}

std::optional<Position> positionOf(std::string_view name) {
    Position at;
    std::size_t letters = 0;
    for (; letters < name.size() && letters < 4; ++letters) {
        char c = name[letters];
        if (c < 'A' || c > 'Z') break;
        at.column = at.column * 26 + static_cast<std::size_t>(c - 'A') + 1;
    }
    auto row = numberOf(name.substr(letters));
    if (!row || *row == 0 || *row > kSheetRowsMax || at.column == 0 || at.column > kSheetColumnsMax)
        return {};
    return Position{*row - 1, at.column - 1};
}

}  // namespace

base::Result<Xlsx> Xlsx::open(base::ByteView bytes) {
    TRY(Archive archive, Archive::open(bytes));
    Xlsx workbook(std::move(archive));
    CHECK_OK(workbook.readWorkbook());
    return workbook;
}

base::Status Xlsx::readWorkbook() {
    std::string part = "xl/workbook.xml";
    if (m_archive.has("_rels/.rels")) {
        TRY(Relations roots, readRelations(m_archive, ""));
        if (const Relation* main = ofType(roots, "officeDocument")) part = main->part;
    }
    if (!m_archive.has(part)) {
        return base::fail(
            Code::InvalidInput,
            "this is a zip file but no .xlsx spreadsheet; save the table as .xlsx or .csv");
    }
    TRY(std::string xml, m_archive.read(part));
    pugi::xml_document document;
    TRY(pugi::xml_node root, parse(document, xml, part));
    TRY(Relations relations, readRelations(m_archive, part));
    std::string_view epoch = attribute(child(root, "workbookPr"), "date1904");
    m_epoch1904 = epoch == "1" || epoch == "true";
    for (const pugi::xml_node& node : child(root, "sheets").children()) {
        std::string id;
        for (const pugi::xml_attribute& a : node.attributes()) {
            if (local(a.name()) == "id") id = a.value();
        }
        auto relation = relations.find(id);
        if (relation == relations.end() || relation->second.type != "worksheet") continue;
        if (m_sheets.size() == limits::kTableSheetsMax) break;
        std::string_view state = attribute(node, "state");
        m_sheets.push_back({std::string(attribute(node, "name")), relation->second.part,
                            state == "hidden" || state == "veryHidden"});
    }
    if (const Relation* strings = ofType(relations, "sharedStrings"))
        CHECK_OK(readStrings(strings->part));
    if (const Relation* styles = ofType(relations, "styles")) CHECK_OK(readStyles(styles->part));
    return {};
}

base::Status Xlsx::readStrings(const std::string& part) {
    TRY(std::string xml, m_archive.read(part));
    pugi::xml_document document;
    TRY(pugi::xml_node root, parse(document, xml, part));
    for (const pugi::xml_node& item : root.children()) {
        if (local(item.name()) == "si") m_strings.push_back(richText(item));
    }
    return {};
}

base::Status Xlsx::readStyles(const std::string& part) {
    TRY(std::string xml, m_archive.read(part));
    pugi::xml_document document;
    TRY(pugi::xml_node root, parse(document, xml, part));
    std::map<std::size_t, bool> own;
    for (const pugi::xml_node& format : child(root, "numFmts").children()) {
        if (auto id = numberOf(attribute(format, "numFmtId")))
            own[*id] = isDateFormat(attribute(format, "formatCode"));
    }
    for (const pugi::xml_node& format : child(root, "cellXfs").children()) {
        std::size_t id = numberOf(attribute(format, "numFmtId")).value_or(0);
        auto found = own.find(id);
        m_dateStyles.push_back(found != own.end() ? found->second : isBuiltInDate(id));
    }
    return {};
}

namespace {

struct CellContext {
    const std::vector<std::string>& strings;
    const std::vector<bool>& dateStyles;
    bool epoch1904;
};

std::string numberText(const pugi::xml_node& cell, std::string_view raw,
                       const CellContext& context) {
    double value = 0;
    auto [at, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
    if (error != std::errc{} || at != raw.data() + raw.size()) return std::string(raw);
    std::size_t style = numberOf(attribute(cell, "s")).value_or(0);
    bool isDate = style < context.dateStyles.size() && context.dateStyles[style];
    std::string date = isDate && value >= 1 && value < 200'000 ? dateText(value, context.epoch1904)
                                                               : std::string();
    return date.empty() ? plainNumber(value, raw) : date;
}

base::Result<std::string> cellText(const pugi::xml_node& cell, const CellContext& context) {
    std::string_view type = attribute(cell, "t");
    if (type == "inlineStr") return richText(child(cell, "is"));
    pugi::xml_node formula = child(cell, "f");
    std::string_view value = child(cell, "v").child_value();
    if (value.empty() && formula) return "=" + std::string(formula.child_value());
    if (value.empty()) return std::string();
    if (type == "s") {
        auto index = numberOf(value);
        if (!index || *index >= context.strings.size()) {
            return base::fail(Code::Malformed,
                              "the spreadsheet refers to a text that it does not hold; open the "
                              "file and save it again");
        }
        return context.strings[*index];
    }
    if (type == "b") return std::string(value == "1" ? "TRUE" : "FALSE");
    if (type.empty() || type == "n") return numberText(cell, value, context);
    std::string text;
    appendUnescaped(text, value);
    return text;
}

base::Status readRows(const pugi::xml_node& data, const CellContext& context, Sheet& sheet) {
    std::size_t row = 0;
    for (const pugi::xml_node& rowNode : data.children()) {
        if (local(rowNode.name()) != "row") continue;
        if (auto number = numberOf(attribute(rowNode, "r")); number && *number > 0)
            row = *number - 1;
        std::size_t column = 0;
        for (const pugi::xml_node& cell : rowNode.children()) {
            if (local(cell.name()) != "c") continue;
            Position at{row, column};
            std::string_view name = attribute(cell, "r");
            if (!name.empty()) {
                auto named = positionOf(name);
                if (!named) {
                    return base::fail(Code::Malformed,
                                      "the spreadsheet has a cell at no place: \"" +
                                          std::string(name.substr(0, 20)) + "\"");
                }
                at = *named;
            }
            TRY(std::string text, cellText(cell, context));
            CHECK_OK(sheet.put(at, std::move(text)));
            column = at.column + 1;
        }
        ++row;
    }
    return {};
}

}  // namespace

base::Result<Sheet> Xlsx::read(const SheetEntry& entry) {
    TRY(std::string xml, m_archive.read(entry.part));
    pugi::xml_document document;
    TRY(pugi::xml_node root, parse(document, xml, entry.part));
    Sheet sheet(entry.name);
    CHECK_OK(readRows(child(root, "sheetData"), {m_strings, m_dateStyles, m_epoch1904}, sheet));
    for (const pugi::xml_node& node : child(root, "mergeCells").children()) {
        std::string_view reference = attribute(node, "ref");
        std::size_t colon = reference.find(':');
        if (colon == std::string_view::npos) continue;
        auto from = positionOf(reference.substr(0, colon));
        auto to = positionOf(reference.substr(colon + 1));
        if (from && to) CHECK_OK(sheet.merge({*from, *to}));
    }
    return sheet;
}

}  // namespace documents
