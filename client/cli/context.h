#pragma once
// What all verbs share: the global options, the passphrase, the home.

#include "cli/home.h"
#include "cli/output.h"

namespace cli {

struct Context {
    std::string home;
    std::string passphraseFile;
    bool json = false;

    store::Path homePath() const;
    Format format() const { return json ? Format::Scripts : Format::People; }
    /// The first line of the passphrase file, or what is typed. NoPassphrase without either.
    Result<std::string> passphrase() const;
    /// The same for a home to be made: typed twice.
    Result<std::string> newPassphrase() const;
    Result<std::unique_ptr<Home>> openHome() const;
    Result<std::unique_ptr<Home>> openOrCreateHome() const;
    /// Progress for people on standard error; silent with --json.
    void progress(const std::string& text) const;
};

/// A secret argument: as it stands, `-` for standard input, `@FILE` for a file.
Result<std::string> secretArgument(const std::string& argument);

/// The day of the local calendar, today without text.
Result<base::Date> dayArgument(const std::string& text, const base::Clock& clock);

}  // namespace cli
