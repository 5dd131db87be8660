// `thongsuot-verify`: checks receipts and exported ledgers with nothing but the fingerprint of a
// province's authority keys. Reads, prints, writes nothing.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include "base/limits.h"
#include "base/text.h"
#include "verify/arguments.h"
#include "verify/report.h"

namespace {

using verify::Arguments;
using verify::Fault;
using verify::Json;
using verify::Language;

constexpr const char* kDirectoryFile = "directory.ledger";
constexpr const char* kUnitFile = "unit.ledger";
constexpr const char* kOpeningsFile = "unit.openings";

/// What is said if all is well.
struct Answer {
    Json json;
    std::string text;
};

bool write(const std::string& text) {
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
           std::fflush(stdout) == 0;
}

int printError(const std::string& code, const std::string& sentence, const std::string& detail,
               bool json, int exitCode) {
    if (json) {
        Json error{{"code", code}, {"message", sentence}};
        if (!detail.empty()) error["detail"] = detail;
        write(Json{{"error", error}}.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
    } else {
        std::fprintf(stderr, "%s\n", base::forDisplay(sentence).c_str());
    }
    return exitCode;
}

verify::Verdict<base::Bytes> readWhole(const std::string& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) return verify::refuse(Fault::IsFolder);
    std::ifstream in(path, std::ios::binary);
    if (!in || !std::filesystem::is_regular_file(path, ignored))
        return verify::refuse(Fault::CannotRead);
    base::Bytes out(base::limits::kReceiptBytesMax + 1);
    in.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
    if (in.bad()) return verify::refuse(Fault::CannotRead);
    out.resize(static_cast<std::size_t>(in.gcount()));
    return out;
}

verify::Verdict<Answer> receipt(const Arguments& arguments) {
    auto bytes = readWhole(arguments.path);
    if (!bytes) return tl::unexpected(bytes.error());
    auto checked = verify::checkReceipt(*bytes, arguments.root);
    if (!checked) return tl::unexpected(checked.error());
    return Answer{verify::jsonOf(*checked, arguments.language),
                  verify::textOf(*checked, arguments.language)};
}

/// The files of an export, and no others.
verify::Verdict<void> openParts(const std::string& folder, std::ifstream& directory,
                                std::ifstream& unit, std::ifstream& openings) {
    std::error_code error;
    std::filesystem::directory_iterator files(folder, error);
    for (; !error && files != std::filesystem::directory_iterator(); files.increment(error)) {
        std::string name = files->path().filename().string();
        std::ifstream* part = name == kDirectoryFile  ? &directory
                              : name == kUnitFile     ? &unit
                              : name == kOpeningsFile ? &openings
                                                      : nullptr;
        std::error_code ignored;
        if (part == nullptr || !files->is_regular_file(ignored))
            return verify::refuse(Fault::UnknownFile);
        part->open(files->path(), std::ios::binary);
        if (!*part) return verify::refuse(Fault::CannotRead);
    }
    if (error) return verify::refuse(Fault::CannotRead);
    if (!directory.is_open()) return verify::refuse(Fault::MissingFile);
    return {};
}

verify::Verdict<Answer> ledger(const Arguments& arguments) {
    std::ifstream directory, unit, openings;
    PASS(openParts(arguments.path, directory, unit, openings));
    verify::Parts parts{&directory, unit.is_open() ? &unit : nullptr,
                        openings.is_open() ? &openings : nullptr};
    Json list = Json::array();
    std::string text;
    std::size_t listed = 0;
    auto onEntry = [&](const verify::CheckedEntry& entry, const domain::Directory& d) {
        if (!arguments.list) return true;
        if (arguments.json) {
            list.push_back(verify::jsonOf(entry, d, arguments.language));
            listed += list.back().dump(-1, ' ', false, Json::error_handler_t::replace).size();
        } else {
            text += verify::textOf(entry, d, arguments.language);
            listed = text.size();
        }
        return listed <= base::limits::kListingBytesMax;
    };
    auto checked = verify::checkLedger(parts, arguments.root, onEntry);
    if (!checked) return tl::unexpected(checked.error());
    Answer out{verify::jsonOf(*checked, arguments.language),
               verify::textOf(*checked, arguments.language)};
    if (arguments.list) {
        out.json["list"] = std::move(list);
        out.text += std::string("\n") +
                    verify::Text{"TỪNG BÚT TOÁN\n", "EVERY ENTRY\n"}.in(arguments.language) + text;
    }
    return out;
}

int run(const Arguments& arguments) {
    if (arguments.what == Arguments::What::Help)
        return write(verify::help().in(arguments.language)) ? 0 : 1;
    if (arguments.what == Arguments::What::Version) return write(THONGSUOT_VERSION "\n") ? 0 : 1;
    auto answer =
        arguments.what == Arguments::What::Ledger ? ledger(arguments) : receipt(arguments);
    if (!answer) {
        Fault fault = answer.error().fault;
        return printError(std::string(verify::codeName(fault)),
                          verify::sentenceOf(fault).in(arguments.language), answer.error().detail,
                          arguments.json, 1);
    }
    std::string text =
        arguments.json ? answer->json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"
                       : base::forDisplay(answer->text);
    if (write(text)) return 0;
    std::fprintf(stderr, "%s\n",
                 verify::Text{"Đã kiểm chứng xong nhưng không in được kết quả.",
                              "It was verified, but the result could not be printed."}
                     .in(arguments.language));
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    bool json = std::find(words.begin(), words.end(), "--json") != words.end();
    auto arguments = verify::readArguments(words);
    if (!arguments) return printError("usage", arguments.error().sentence, {}, json, 2);
    verify::Text stopped{
        "Chương trình phải dừng vì thiếu bộ nhớ hoặc thư viện; chưa kiểm chứng được gì.",
        "The program had to stop for want of memory or a library; nothing was verified."};
    try {
        if (crypto::initialise()) return run(*arguments);
    } catch (const std::exception&) {
        // Told below, like a library that cannot work here.
    }
    return printError("internal", stopped.in(arguments->language), {}, json, 1);
}
