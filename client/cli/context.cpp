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

/// What remains of the bytes is wiped with them.
void keepFirstLine(crypto::SecretBytes& secret) {
    Bytes& bytes = secret.bytes();
    if (secret.text().starts_with("\xEF\xBB\xBF"))
        bytes.erase(bytes.begin(), bytes.begin() + 3);  // Notepad's byte order mark
    bytes.resize(std::min(secret.text().find_first_of("\r\n"), bytes.size()));
}

/// All of standard input, or a line of a terminal. Not through std::cin, whose buffer would keep
/// it.
Result<crypto::SecretBytes> readInput() {
    auto out = crypto::SecretBytes::withRoom(base::limits::kSecretFileBytesMax);
    Bytes& bytes = out.bytes();
    const bool isTerminal = isatty(STDIN_FILENO) != 0;
    while (bytes.size() < base::limits::kSecretFileBytesMax) {
        const std::size_t size = bytes.size();
        bytes.resize(base::limits::kSecretFileBytesMax);
        const ssize_t n = ::read(STDIN_FILENO, bytes.data() + size, bytes.size() - size);
        const bool again = n < 0 && errno == EINTR;
        bytes.resize(size + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
        if (again) continue;
        if (n <= 0 || (isTerminal && bytes.back() == '\n')) break;
    }
    return out;
}

/// Reads a line from the terminal without showing it; `option` is what to do without one.
Result<crypto::SecretBytes> askSecret(const char* question, const std::string& option) {
    termios before{};
    bool isTerminal = tcgetattr(STDIN_FILENO, &before) == 0;
    if (!isTerminal) {
        return fail(Code::NoPassphrase,
                    "A passphrase is needed and there is no terminal to ask at. Give it with " +
                        option + ".");
    }
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    std::cerr << question << std::flush;
    auto line = readInput();
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    std::cerr << "\n";
    if (!line) return line;
    keepFirstLine(*line);
    if (line->empty()) return fail(Code::NoPassphrase, "No passphrase was given.");
    return line;
}

/// In the one form in which a passphrase is used, however a keyboard composes its letters.
Result<crypto::SecretBytes> normalised(const crypto::SecretBytes& typed) {
    TRY(std::string text, base::toNfc(typed.text()));
    auto out = crypto::SecretBytes::copyOf(base::view(text));
    crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    return out;
}

/// `option` is how the file was given.
Result<crypto::SecretBytes> readPassphrase(const std::string& file, const std::string& option) {
    auto secret = store::readSecretFile(file, base::limits::kSecretFileBytesMax);
    if (!secret) {
        return fail(Code::NoPassphrase,
                    "Cannot read the passphrase file " + file + ": check " + option + ".");
    }
    // Said, not refused: many keep it on a stick or a share whose files have no modes, and an
    // office that cannot work tonight will not be safer for it.
    if (store::isOpenToOthers(file)) {
        std::cerr << "Warning: others on this machine can read the passphrase file " +
                         base::forDisplay(file) + "; run chmod 600 on it.\n";
    }
    keepFirstLine(*secret);
    if (secret->empty())
        return fail(Code::NoPassphrase,
                    "The first line of " + file + " is empty; it must hold the passphrase.");
    return normalised(*secret);
}

constexpr const char* kPassphraseFile = "--passphrase-file";

}  // namespace

store::Path Context::homePath() const {
    if (!home.empty()) return home;
    const char* user = std::getenv("HOME");
    return store::Path(user != nullptr ? user : ".") / ".thongsuot";
}

Result<Opener> Context::opener() const {
    if (!keyFile.empty()) return Opener{keyFile, {}};
    if (!passphraseFile.empty()) {
        TRY(auto secret, readPassphrase(passphraseFile, kPassphraseFile));
        return Opener{{}, std::move(secret)};
    }
    TRY(auto typed, askSecret("Passphrase: ",
                              "--passphrase-file FILE or THONGSUOT_PASSPHRASE_FILE, or open the "
                              "home with --key-file FILE"));
    TRY(auto secret, normalised(typed));
    return Opener{{}, std::move(secret)};
}

Result<crypto::SecretBytes> Context::newPassphrase(const std::string& file,
                                                   const std::string& option) const {
    crypto::SecretBytes secret;
    if (!file.empty()) {
        TRY(secret, readPassphrase(file, option));
        CHECK_OK(store::checkNewPassphrase(secret.text()));
        return secret;
    }
    TRY(auto typed, askSecret("New passphrase for this home: ", option + " FILE"));
    TRY(secret, normalised(typed));
    CHECK_OK(store::checkNewPassphrase(secret.text()));
    TRY(auto again, askSecret("The same once more: ", option + " FILE"));
    if (again.text() != typed.text())
        return fail(Code::NoPassphrase, "The two passphrases differ; nothing was changed.");
    return secret;
}

Result<std::unique_ptr<Home>> Context::openHome() const {
    if (!Home::exists(homePath())) return Home::open(homePath(), {});
    TRY(Opener how, opener());
    return Home::open(homePath(), how);
}

Result<std::unique_ptr<Home>> Context::openOrCreateHome() const {
    Opener how;
    if (Home::exists(homePath())) {
        TRY(how, opener());
    } else {
        CHECK_OK(Home::checkPlace(homePath()));  // before anybody thinks of a passphrase
        TRY(how.passphrase, newPassphrase(passphraseFile, kPassphraseFile));
    }
    return Home::openOrCreate(homePath(), how);
}

bool Context::canAsk() const {
    return !json && isatty(STDIN_FILENO) != 0;
}

bool Context::isYes(const std::string& question) const {
    std::cerr << base::forDisplay(question) << std::flush;
    std::string line;
    std::getline(std::cin, line);
    const std::string answer = base::foldForSearch(base::trim(line));
    return answer == "y" || answer == "yes";
}

void Context::progress(const std::string& text) const {
    if (!json) std::cerr << text << "\n";
}

Result<crypto::SecretBytes> secretArgument(const std::string& argument) {
    if (argument == "-" && isatty(STDIN_FILENO) != 0)
        return askSecret("Paste the code and press Enter: ", "@FILE");
    if (argument == "-") return readInput();
    if (!argument.empty() && argument.front() == '@')
        return store::readSecretFile(argument.substr(1), base::limits::kSecretFileBytesMax);
    return crypto::SecretBytes::copyOf(base::view(argument));
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
