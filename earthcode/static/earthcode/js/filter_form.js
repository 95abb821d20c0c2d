// Filters that nobody filled in stay out of the address, so that it is short to pass on and the same for all caches.
//
// Deferred, which has a second use: Chromium looks through a form, for what it could fill in, when deferred scripts have
// run. Without one that is before the stylesheet is there, and a slow phone lays the page out for nothing.

document.querySelector(".filters__form").addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (!value) formData.delete(name);
});
