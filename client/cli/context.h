#pragma once
// What all verbs share: the global options, the passphrase, the home.

#include "cli/home.h"
#include "cli/output.h"

namespace cli {

struct Context {
    std::string home;
    std::string passphraseFile;
    std::string keyFile;
    bool json = false;

    store::Path homePath() const;
    Format format() const { return json ? Format::Scripts : Format::People; }
    /// The key file, else the first line of the passphrase file, else what is typed. NoPassphrase
    /// without any of them.
    Result<Opener> opener() const;
    /// The first line of `file`, or what is typed twice; `option` is how to give the file.
    /// InvalidInput if it is too short.
    Result<crypto::SecretBytes> newPassphrase(const std::string& file,
                                              const std::string& option) const;
    Result<std::unique_ptr<Home>> openHome() const;
    Result<std::unique_ptr<Home>> openOrCreateHome() const;
    /// Whether somebody sits at a terminal who can be asked.
    bool canAsk() const;
    /// Whether the person there says yes; only if canAsk().
    bool isYes(const std::string& question) const;
    /// Progress for people on standard error; silent with --json.
    void progress(const std::string& text) const;
};

/// A secret argument: as it stands, `-` for standard input, `@FILE` for a file.
Result<crypto::SecretBytes> secretArgument(const std::string& argument);

/// The day of the local calendar, today without text.
Result<base::Date> dayArgument(const std::string& text, const base::Clock& clock);

}  // namespace cli
