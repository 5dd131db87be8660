// Receipts and exported ledgers: what others check with thongsuot-verify.

#include <fmt/format.h>
#include <fstream>
#include "base/limits.h"
#include "cli/verbs.h"
#include "replica/receipt_export.h"
#include "verify/receipt_check.h"

namespace cli {
namespace {

using base::Code;
using base::fail;

/// A file that is written piece by piece under another name and gets its own at the end.
class ExportFile {
public:
    explicit ExportFile(store::Path path) : m_path(std::move(path)), m_part(m_path) {
        m_part += ".part";
        m_out.open(m_part, std::ios::binary | std::ios::trunc);
        std::error_code ignored;  // as for the files of a home: others have no business with it
        std::filesystem::permissions(
            m_part, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
            ignored);
    }
    ~ExportFile() {
        if (!m_out.is_open()) return;
        m_out.close();
        std::error_code ignored;
        std::filesystem::remove(m_part, ignored);
    }
    ExportFile(const ExportFile&) = delete;
    ExportFile& operator=(const ExportFile&) = delete;

    Status write(base::ByteView bytes) {
        m_out.write(reinterpret_cast<const char*>(bytes.data()),
                    static_cast<std::streamsize>(bytes.size()));
        m_size += bytes.size();
        return m_out ? Status() : tl::unexpected(failed());
    }
    Status finish() {
        m_out.flush();
        if (!m_out) return tl::unexpected(failed());
        m_out.close();
        std::error_code error;
        std::filesystem::rename(m_part, m_path, error);
        return error ? tl::unexpected(failed()) : Status();
    }
    std::uint64_t size() const { return m_size; }

private:
    base::Error failed() const {
        return {Code::Io,
                "Cannot write '" + m_path.string() +
                    "': is the disk full, or the folder not yours? Nothing of it counts."};
    }

    store::Path m_path;
    store::Path m_part;
    std::ofstream m_out;
    std::uint64_t m_size = 0;
};

/// A scope in hexadecimal digits, a unit's code, or `directory`.
Result<base::ScopeId> scopeArgument(const domain::Directory& directory, const std::string& text) {
    if (text == "directory") return directory.directoryScopeId();
    if (const domain::Unit* unit = directory.unit(text)) return unit->scope;
    auto bytes = base::fromHex(text);
    if (bytes && bytes->size() == base::ScopeId::kSize) {
        auto scope = base::ScopeId::from(*bytes);
        if (scope == directory.directoryScopeId() || directory.unitOfScope(scope) != nullptr)
            return scope;
    }
    return fail(Code::UnknownUnit, "There is no ledger \"" + text.substr(0, 64) +
                                       "\": give the code of a unit, a scope as thongsuot status "
                                       "--json prints it, or directory.");
}

std::string howToCheck(const std::string& what, const base::Hash& root) {
    return "Whoever gets it checks it, without a line, with\n  thongsuot-verify " + what +
           " --root " + root.hex() +
           "\nGive them this fingerprint by another way than the file: it is all that they must "
           "trust.\n";
}

Status exportPart(const store::Path& path, std::uint64_t& bytes,
                  const std::function<Status(const replica::Sink&)>& write) {
    ExportFile file(path);
    CHECK_OK(write([&file](base::ByteView piece) { return file.write(piece); }));
    CHECK_OK(file.finish());
    bytes += file.size();
    return {};
}

/// The folder, made if it is absent; only an empty one is taken.
Status emptyFolder(const store::Path& folder) {
    CHECK_OK(store::ensureFolder(folder));
    std::error_code error;
    bool isEmpty = std::filesystem::is_empty(folder, error);
    if (error || !isEmpty) {
        return fail(Code::InvalidInput, "The folder '" + folder.string() +
                                            "' is not empty; an export needs one of its own.");
    }
    return {};
}

}  // namespace

Result<Answer> receiptExport(const Context& context, const std::string& entry,
                             const std::string& out, bool open) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(ledger::Receipt receipt,
        replica::makeReceipt(*replica, entry,
                             open ? replica::Bodies::Opened : replica::Bodies::Closed));
    Bytes bytes = receipt.encode();
    const domain::Directory& directory = replica->directory().directory();
    base::Hash root = replica::rootFingerprint(directory);
    // Never hand out what the other side would refuse.
    auto checked = verify::checkReceipt(bytes, root);
    if (!checked) {
        return fail(Code::Internal,
                    std::string("The receipt was not written, since it does not verify: ") +
                        verify::sentenceOf(checked.error().fault).en);
    }
    std::error_code ignored;
    if (std::filesystem::is_directory(out, ignored))
        return fail(Code::InvalidInput,
                    "'" + out + "' is a folder; give --out the name of a file.");
    CHECK_OK(store::writeFileDurably(out, bytes));
    Answer answer;
    answer.json = Json{{"entry", checked->entry.hex()},
                       {"unit", checked->unit},
                       {"received_at", base::toIsoTime(checked->received)},
                       {"opened", open},
                       {"bytes", bytes.size()},
                       {"file", out},
                       {"root", root.hex()}};
    answer.text = fmt::format(
        "The receipt of entry {} lies in {} ({} bytes): received by the province on {}.\n{}\n{}",
        checked->entry.hex().substr(0, 10), out, bytes.size(),
        base::toVietnameseTime(checked->received),
        open ? "It tells everybody who holds it what this one entry says, and names the device and "
               "its officers."
             : "It tells who handed in what bytes and when, not what they say (see --open).",
        howToCheck(out, root));
    return answer;
}

Result<Answer> ledgerExport(const Context& context, const std::string& scopeText,
                            const std::string& out, bool open) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    const domain::Directory& directory = replica->directory().directory();
    TRY(base::ScopeId scope, scopeArgument(directory, scopeText));
    bool ofDirectory = scope == directory.directoryScopeId();
    if (open && ofDirectory) {
        return fail(Code::Usage, "The directory is not encrypted; leave --open out.");
    }
    if (replica->ledgerInfo(scope).size() == 0) {
        return fail(Code::NotFound,
                    "Nothing of this ledger is held here; does this device read it, and has it "
                    "been synchronised?");
    }
    CHECK_OK(emptyFolder(out));
    const store::Path folder(out);
    std::uint64_t bytes = 0;
    CHECK_OK(exportPart(folder / "directory.ledger", bytes, [&](const replica::Sink& sink) {
        return replica::exportLedger(*replica, directory.directoryScopeId(), sink);
    }));
    if (!ofDirectory) {
        CHECK_OK(exportPart(folder / "unit.ledger", bytes, [&](const replica::Sink& sink) {
            return replica::exportLedger(*replica, scope, sink);
        }));
    }
    std::uint64_t opened = 0;
    if (open) {
        CHECK_OK(
            exportPart(folder / "unit.openings", bytes, [&](const replica::Sink& sink) -> Status {
                TRY(opened, replica::exportOpenings(*replica, scope, sink));
                return Status();
            }));
    }
    std::uint64_t entries = replica->ledgerInfo(scope).size();
    base::Hash root = replica::rootFingerprint(directory);
    Answer answer;
    answer.json =
        Json{{"scope", scope.hex()}, {"entries", entries}, {"opened", open ? Json(opened) : Json()},
             {"bytes", bytes},       {"folder", out},      {"root", root.hex()}};
    answer.text = fmt::format(
        "The ledger of {} lies in {}: {}, {} bytes with the directory.\n{}\n{}",
        ofDirectory ? "the directory" : scopeText, out, counted(entries, "entry", "entries"), bytes,
        open ? fmt::format("What {} of them say can be read by everybody who holds the folder.",
                           opened)
             : "It names units, officers and devices; what entries of a unit say stays closed (see "
               "--open).",
        howToCheck("ledger " + out, root));
    return answer;
}

}  // namespace cli
