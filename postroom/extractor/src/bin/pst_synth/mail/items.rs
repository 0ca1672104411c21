//! What is no mail: appointments, contacts, tasks.

use super::body::{BodyParts, put_body};
use super::categories::{
    CONTACT_ADDRESS, END, LOCATION, REMINDER_SET, START, TASK_STATUS, put_named,
};
use super::compose::Composer;
use super::draft::{AddressForm, Draft};
use super::{Mail, tags as tag};
use crate::content::clock::SECOND;
use crate::content::prose;
use crate::content::scripts::english;
use crate::file::properties::Property;

const HOUR: u64 = 3600 * SECOND;

impl Composer {
    pub fn appointment(&mut self) -> Mail {
        let mut draft = self.item("IPM.Appointment");
        let start = crate::content::clock::START + self.number * HOUR;
        put_named(&mut draft, Property::time(START, start), start);
        put_named(&mut draft, Property::time(END, start + HOUR), start + HOUR);
        let location = draft.charset.property(LOCATION, "Site office");
        put_named(&mut draft, location, "Site office");
        put_named(&mut draft, Property::boolean(REMINDER_SET, true), true);
        draft.finish(&mut self.random)
    }

    pub fn contact(&mut self) -> Mail {
        let mut draft = self.item("IPM.Contact");
        let person = self.random.pick(&self.people).clone();
        draft.push(draft.charset.property(tag::DISPLAY_NAME, &person.name));
        let address = draft.charset.property(CONTACT_ADDRESS, &person.smtp);
        put_named(&mut draft, address, person.smtp.as_str());
        draft.finish(&mut self.random)
    }

    pub fn task(&mut self) -> Mail {
        let mut draft = self.item("IPM.Task");
        put_named(&mut draft, Property::i4(TASK_STATUS, 1), 1);
        draft.finish(&mut self.random)
    }

    /// A message that people never see: settings that a program keeps in a folder.
    pub fn configuration(&mut self) -> Mail {
        let mut draft = Draft::new(self.charset, "IPM.Configuration.MessageListSettings");
        draft.subject("", "Settings");
        draft.push(Property::i4(tag::MESSAGE_FLAGS, 0x40));
        draft.finish(&mut self.random)
    }

    fn item(&mut self, message_class: &str) -> Draft {
        let mut draft = Draft::new(self.charset, message_class);
        let title = prose::title(&mut self.random, english());
        draft.subject("", &title);
        let owner = self.random.pick(&self.people).clone();
        draft.sender(&owner, AddressForm::Smtp);
        let made = crate::content::clock::START + self.number * HOUR;
        draft.time(tag::CREATION_TIME, "created_filetime", made);
        draft.time(tag::LAST_MODIFICATION_TIME, "modified_filetime", made);
        draft.push(Property::i4(tag::MESSAGE_FLAGS, 1));
        draft.fact("message_flags", 1);
        draft.fact("categories", serde_json::json!([]));
        let body = prose::paragraphs(&mut self.random, english(), 300, "\r\n");
        put_body(&mut draft, BodyParts::Plain, &body, None);
        draft
    }
}
