#include "cli/context.h"
#include <termios.h>
#include <unistd.h>
#include <cstdlib>
#include <iostream>
#include "base/limits.h"
#include "base/text.h"
#include "domain/deadline.h"
#include "domain/invitation.h"
#include "transport/endpoint.h"

namespace cli {
namespace {

using base::Code;
using base::fail;

std::string firstLine(std::string text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // Notepad's byte order mark
    text.resize(std::min(text.find_first_of("\r\n"), text.size()));
    return text;
}

/// Reads a line from the terminal without showing it.
Result<std::string> askSecret(const char* question) {
    termios before{};
    bool isTerminal = tcgetattr(STDIN_FILENO, &before) == 0;
    if (!isTerminal) {
        return fail(Code::NoPassphrase,
                    "A passphrase is needed and there is no terminal to ask at. Give it with "
                    "--passphrase-file FILE or THONGSUOT_PASSPHRASE_FILE.");
    }
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    std::cerr << question << std::flush;
    std::string line;
    bool read = static_cast<bool>(std::getline(std::cin, line));
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    std::cerr << "\n";
    if (!read || line.empty()) return fail(Code::NoPassphrase, "No passphrase was given.");
    return line;
}

Result<std::string> readPassphrase(const std::string& file) {
    auto bytes = store::readFile(file, base::limits::kSecretFileBytesMax);
    if (!bytes) {
        return fail(Code::NoPassphrase,
                    "Cannot read the passphrase file " + file + ": check --passphrase-file.");
    }
    std::string line = firstLine(std::string(base::text(*bytes)));
    if (line.empty())
        return fail(Code::NoPassphrase,
                    "The first line of " + file + " is empty; it must hold the passphrase.");
    return base::toNfc(line);
}

}  // namespace

store::Path Context::homePath() const {
    if (!home.empty()) return home;
    const char* user = std::getenv("HOME");
    return store::Path(user != nullptr ? user : ".") / ".thongsuot";
}

Result<std::string> Context::passphrase() const {
    if (!passphraseFile.empty()) return readPassphrase(passphraseFile);
    TRY(std::string typed, askSecret("Passphrase: "));
    return base::toNfc(typed);
}

Result<std::string> Context::newPassphrase() const {
    if (!passphraseFile.empty()) return readPassphrase(passphraseFile);
    TRY(std::string typed, askSecret("New passphrase for this home: "));
    TRY(std::string again, askSecret("The same once more: "));
    if (again != typed)
        return fail(Code::NoPassphrase, "The two passphrases differ; nothing was made.");
    return base::toNfc(typed);
}

Result<std::unique_ptr<Home>> Context::openHome() const {
    if (!Home::exists(homePath())) return Home::open(homePath(), "");
    TRY(std::string secret, passphrase());
    return Home::open(homePath(), secret);
}

Result<std::unique_ptr<Home>> Context::openOrCreateHome() const {
    TRY(std::string secret, Home::exists(homePath()) ? passphrase() : newPassphrase());
    return Home::openOrCreate(homePath(), secret);
}

void Context::progress(const std::string& text) const {
    if (!json) std::cerr << text << "\n";
}

Result<std::string> secretArgument(const std::string& argument) {
    if (argument == "-" && isatty(STDIN_FILENO) != 0)
        return askSecret("Paste the code and press Enter: ");
    if (argument == "-") {
        std::string text;
        char c = 0;
        while (std::cin.get(c) && text.size() < base::limits::kSecretFileBytesMax)
            text.push_back(c);
        return std::string(base::trim(text));
    }
    if (!argument.empty() && argument.front() == '@') {
        TRY(Bytes bytes, store::readFile(argument.substr(1), base::limits::kSecretFileBytesMax));
        return std::string(base::trim(base::text(bytes)));
    }
    return argument;
}

Result<base::Date> dayArgument(const std::string& text, const base::Clock& clock) {
    if (text.empty()) return base::localDate(clock.nowMs());
    auto iso = base::dateFromIso(text);
    if (iso) return iso;
    // As this program shows days: 20/11/2026.
    domain::ReadDate read = domain::parseDate(base::trim(text));
    if (read.date && read.doubt == domain::Doubt::None) return *read.date;
    return fail(Code::InvalidInput, "\"" + text.substr(0, 40) +
                                        "\" is no day of the calendar; write it as 31/08/2026 or "
                                        "2026-08-31.");
}

}  // namespace cli
