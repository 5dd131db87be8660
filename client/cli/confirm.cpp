#include "office/confirm.h"
#include <fmt/format.h>
#include <unistd.h>
#include <iostream>
#include "cli/fingerprints.h"
#include "cli/verbs.h"

namespace cli {
namespace {

using base::Code;
using base::fail;

/// Whether the person at the terminal says yes.
bool isYes(const std::string& question) {
    std::cerr << base::forDisplay(question) << std::flush;
    std::string line;
    std::getline(std::cin, line);
    const std::string answer = base::foldForSearch(base::trim(line));
    return answer == "y" || answer == "yes";
}

}  // namespace

Result<Answer> authorityConfirm(const Context& context, const std::string& device, bool yes) {
    const bool canAsk = isatty(STDIN_FILENO) != 0 && context.format() == Format::People;
    if (!yes && !canAsk) {
        return fail(Code::Usage,
                    "Compare the words of the device with its officer first (thongsuot authority "
                    "devices shows them), then say --yes: there is nobody to ask here.");
    }
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(domain::Device found, office::deviceToConfirm(*replica, device));
    const domain::Directory& directory = replica->directory().directory();
    const std::string words = deviceWords(directory, found);
    const std::string who =
        fmt::format("{} of {} ({} {})", found.id.hex().substr(0, 10), officersOf(&found),
                    found.unit, directory.unit(found.unit)->name);
    const std::string question = fmt::format(
        "Device {}, enrolled {}.\nIts words:  {}\nDoes its officer read the same words to "
        "you? [y/N] ",
        who, base::toVietnameseTime(found.enrolledAt), words);
    if (!yes && !isYes(question)) {
        return fail(Code::NotPermitted,
                    "The device was not confirmed; nothing was granted. If it is not the machine "
                    "of whom you invited, end it with thongsuot authority revoke --device " +
                        found.id.hex().substr(0, 10) + ".");
    }
    CHECK_OK(office::confirm(*replica, found));
    Answer out;
    out.json["device"] = found.id.hex();
    out.json["unit"] = found.unit;
    out.json["officer"] = found.officers.front().name;
    out.json["words"] = words;
    out.text = fmt::format(
        "The device {} is confirmed; its words are: {}\nIts keys go out with the next sync here; "
        "then it synchronises and can read.\n",
        who, words);
    return out;
}

}  // namespace cli
