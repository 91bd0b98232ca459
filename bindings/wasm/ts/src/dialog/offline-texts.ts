/**
 * The texts of the pages for computers that are never online. As in the dialog, each text has a code. There are no
 * texts for the results of operations and for errors: the pages show the messages of the license.
 */

/** The English texts. A `{name}` is a placeholder. */
export const OFFLINE_ENGLISH = {
  "not_online.request_message":
    "Take this request to a computer that is online and can answer it with your license key. Then import the answer here.",
  "not_online.request": "Request",
  "not_online.answer": "Answer",
  "not_online.return": "Return",
  "not_online.hint": "Paste the whole text, or open its file.",
  "not_online.copy": "Copy",
  "not_online.copied": "The text was copied.",
  "not_online.selected": "The text is selected. Copy it with the keyboard.",
  "not_online.save": "Save as file",
  "not_online.show_qr_code": "QR code",
  "not_online.qr_code": "QR code of this text",
  "not_online.open_file": "Open a file",
  "not_online.import_answer": "Import",
  "not_online.answer_question":
    "Enter the request of the computer that is not online, and the license key for that computer.",
  "not_online.create_answer": "Create the answer",
  "not_online.answer_message":
    "Take this answer to the other computer, and import it there. It contains the license key, so keep it as safe as the key.",
  "not_online.take_back": "Take a license back",
  "not_online.take_back_question": "Enter the return of the computer that has given its license back.",
  "not_online.taken_back": "The other computer no longer uses the license.",
  "not_online.return_question": "Give the license of this computer back?",
  "not_online.return_note": "The license is removed from this computer. A computer that is online then has to take it back.",
  "not_online.return_message":
    "The license was removed from this computer. Take this text to a computer that is online and can take the license back. The text contains the license key, so keep it as safe as the key.",
} as const;

/** The codes that identify the texts. */
export type OfflineTextCode = keyof typeof OFFLINE_ENGLISH;
