// Cards to start from when an agent sends one.

export const SAMPLES = {
  "application/vnd.microsoft.card.adaptive": {
    type: "AdaptiveCard",
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    version: "1.5",
    body: [
      { type: "TextBlock", size: "Medium", weight: "Bolder", text: "When may we call you?" },
      { type: "Input.Date", id: "day", label: "Day" },
    ],
    actions: [{ type: "Action.Submit", title: "Send", data: { form: "callback" } }],
  },
  "application/8x8.quick.replies": {
    options: [
      { title: "That helps", data: { postback: "solved" } },
      { title: "I need more help", data: { postback: "open" } },
    ],
  },
};
