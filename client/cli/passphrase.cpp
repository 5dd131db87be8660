// What opens a home: its passphrase, key files, and the recovery code on paper. These verbs work on
// the vault alone.

#include "cli/verbs.h"

namespace cli {
namespace {

using base::Code;
using base::fail;

constexpr const char* kNewPassphraseFile = "--new-passphrase-file";

/// The master key, by what opens every command. The vault is held later, and for a moment only:
/// people take their time to type.
Result<crypto::SecretKey> masterKeyOf(const Context& context) {
    TRY(const store::Vault vault, Home::readVault(context.homePath()));
    TRY(const Opener opener, context.opener());
    return unlock(vault, opener);
}

std::string_view kindName(store::SlotKind kind) {
    switch (kind) {
        case store::SlotKind::Passphrase:
            return "passphrase";
        case store::SlotKind::KeyFile:
            return "key_file";
        case store::SlotKind::RecoveryCode:
            return "recovery_code";
    }
    return "";
}

std::string_view kindWords(store::SlotKind kind) {
    switch (kind) {
        case store::SlotKind::Passphrase:
            return "passphrase";
        case store::SlotKind::KeyFile:
            return "key file";
        case store::SlotKind::RecoveryCode:
            return "recovery code";
    }
    return "";
}

}  // namespace

void addRecoveryCode(Answer& answer, const store::RecoveryCode& code) {
    const std::string text = code.text();
    answer.json["recovery_code"] = text;
    answer.text +=
        "\nRecovery code of this home, shown only this once:\n\n    " + text +
        "\n\nWrite it on paper and keep it away from this machine. If the passphrase is lost, it "
        "sets a new one: thongsuot passphrase reset --recovery-code -\n";
}

Result<Answer> passphraseChange(const Context& context, const std::string& newPassphraseFile) {
    TRY(const crypto::SecretKey masterKey, masterKeyOf(context));
    TRY(const auto passphrase, context.newPassphrase(newPassphraseFile, kNewPassphraseFile));
    TRY(HeldVault held, Home::holdVault(context.homePath()));
    crypto::SystemRandom random;
    CHECK_OK(held.vault.setPassphrase(masterKey, passphrase.text(), random));
    Answer out;
    out.text =
        "The passphrase is changed. The recovery code and key files of this home stay as they "
        "are.\n";
    return out;
}

Result<Answer> passphraseReset(const Context& context, const std::string& recoveryCode,
                               const std::string& newPassphraseFile) {
    TRY(const crypto::SecretBytes typed, secretArgument(recoveryCode));
    TRY(const store::RecoveryCode code, store::RecoveryCode::parse(base::trim(typed.text())));
    TRY(const store::Vault before, Home::readVault(context.homePath()));
    CHECK_OK(before.unlockWithRecoveryCode(code));  // before anybody thinks of a passphrase
    TRY(const auto passphrase, context.newPassphrase(newPassphraseFile, kNewPassphraseFile));
    TRY(HeldVault held, Home::holdVault(context.homePath()));
    crypto::SystemRandom random;
    TRY(const store::RecoveryCode next, held.vault.reset(code, passphrase.text(), random));
    Answer out;
    out.text =
        "The new passphrase opens this home; nothing in it was lost. The recovery code that was "
        "used no longer opens it.\n";
    addRecoveryCode(out, next);
    return out;
}

Result<Answer> passphraseRecoveryCode(const Context& context) {
    TRY(const crypto::SecretKey masterKey, masterKeyOf(context));
    TRY(HeldVault held, Home::holdVault(context.homePath()));
    crypto::SystemRandom random;
    TRY(const store::RecoveryCode code, held.vault.newRecoveryCode(masterKey, random));
    Answer out;
    out.text = "A recovery code from before, if there was one, no longer opens this home.\n";
    addRecoveryCode(out, code);
    return out;
}

Result<Answer> passphraseAddKeyFile(const Context& context, const std::string& file) {
    TRY(const crypto::SecretKey masterKey, masterKeyOf(context));
    TRY(HeldVault held, Home::holdVault(context.homePath()));
    crypto::SystemRandom random;
    TRY(const store::SlotInfo slot, held.vault.addKeyFileSlot(masterKey, file, random));
    Answer out;
    out.json["key_file"] = file;
    out.json["slot"] = slot.name;
    out.text = "The key file " + file + " opens this home now (slot " + slot.name +
               "): give it with --key-file FILE or THONGSUOT_KEY_FILE. Whoever has it and this "
               "folder reads everything; keep it where only the service that needs it can read "
               "it.\n";
    return out;
}

Result<Answer> passphraseRemoveKeyFile(const Context& context, const std::string& file,
                                       const std::string& slot) {
    if (file.empty() == slot.empty()) {
        return fail(Code::Usage,
                    "Give the key file, or where it is lost its slot with --slot (see thongsuot "
                    "passphrase slots).");
    }
    TRY(const crypto::SecretKey masterKey, masterKeyOf(context));
    TRY(HeldVault held, Home::holdVault(context.homePath()));
    std::string name = slot;
    if (name.empty()) {
        TRY(const store::SlotInfo found, held.vault.slotOfKeyFile(file));
        name = found.name;
    }
    CHECK_OK(held.vault.removeKeyFileSlot(masterKey, name));
    Answer out;
    out.json["slot"] = name;
    out.text =
        "That key file no longer opens this home; older copies of the home it still does. Delete "
        "the file.\n";
    return out;
}

Result<Answer> passphraseSlots(const Context& context) {
    TRY(const store::Vault vault, Home::readVault(context.homePath()));
    Answer out;
    out.json = Json::array();
    TextTable table({"SLOT", "OPENED BY"});
    for (const store::SlotInfo& slot : vault.slots()) {
        out.json.push_back(Json{{"slot", slot.name}, {"kind", kindName(slot.kind)}});
        table.add({slot.name, std::string(kindWords(slot.kind))});
    }
    out.text = table.text();
    return out;
}

}  // namespace cli
